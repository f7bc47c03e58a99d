"""P1 and P2 when an agent is killed, frozen, restarted or loses its judge."""
import time

from agents import OWA_CHECK, Pair
from lab import VIP, VIP6
from promises import BUSY_MS, DEAD_MS, LATE_MS, MS, Watched, nothing_changes
from services import Owa


def case_a_killed_agent_is_succeeded_after_d_and_never_answers_beside_its_successor(lab):
    watched = Watched(lab)
    at = watched.owner.kill()
    watched.wait_takeover(at, why="silence")
    watched.assert_silent(watched.owner.host, at + DEAD_MS * MS)
    watched.assert_dark_at_most(at, DEAD_MS + LATE_MS)
    watched.assert_one_answer(at)


def case_a_killed_agent_without_successor_leaves_no_answering_vip_after_d(lab):
    watched = Watched(lab)
    watched.backup.kill()
    at = watched.owner.kill()
    time.sleep(1)  # within which the address itself may still be there
    watched.assert_silent(watched.owner.host, at + DEAD_MS * MS)
    lab.wait_for(lambda: not watched.owner.host.has(VIP) and not watched.owner.host.has(VIP6), 4,
                 "the addresses end by themselves")
    watched.assert_silent(watched.owner.host, at + DEAD_MS * MS)


def case_without_a_fence_a_killed_agent_is_succeeded_after_its_address_expired(lab):
    pair = Pair(lab, start=False)
    for agent in pair.agents.values():
        agent.under = ("setpriv", "--bounding-set", "-bpf,-sys_admin", "--inh-caps", "-bpf,-sys_admin")
    pair.start()
    watched = Watched(lab, pair=pair)
    for agent in pair.agents.values():
        lab.wait_log("event=fence state=absent", agent.host)
        assert agent.vip()["fence"] == "absent", agent.vip()
    at = watched.owner.kill()
    lab.wait_for(lambda: time.monotonic_ns() - at > 1500 * MS, 5, "the address is about to expire")
    # The kernel looks at its addresses at most once a second, and here it has just looked.
    watched.owner.host.run("ip", "addr", "add", "192.0.2.200/24", "dev", "eth0")
    watched.wait_takeover(at, why="silence", deadline_s=10)
    watched.assert_one_answer(at)
    assert not lab.syslog.find("event=suspect", watched.backup.host, at), "it meant to take while the address was there"


def case_a_killed_agent_started_again_does_not_take_the_vip_back(lab):
    watched = Watched(lab)
    at = watched.owner.kill()
    watched.wait_takeover(at)
    again = time.monotonic_ns()
    watched.owner.start()
    lab.wait_for(watched.pair.settled, 10, "the pair is settled again")
    assert watched.pair.owner() is watched.backup
    watched.assert_silent(watched.owner.host, again)
    watched.assert_one_answer(at)


def case_a_killed_agent_started_at_once_leaves_one_owner_and_no_second_answer(lab):
    watched = Watched(lab)
    at = watched.owner.kill()
    watched.owner.start()
    lab.wait_for(watched.pair.settled, 10, "the pair is settled again")
    watched.answered_by(watched.pair.owner().host)
    watched.assert_one_answer(at)
    watched.assert_dark_at_most(at, 2000)


def case_a_frozen_owner_that_resumes_steps_down_before_it_answers(lab):
    watched = Watched(lab)
    at = watched.owner.freeze()
    watched.wait_takeover(at, why="silence")
    time.sleep(0.5)
    thawed = watched.owner.thaw()
    lab.wait_log("event=role vip=mail from=ACTIVE to=BACKUP why=stalled", watched.owner.host, thawed)
    lab.wait_for(watched.pair.settled, 5, "the pair is settled again")
    assert watched.pair.owner() is watched.backup
    watched.assert_silent(watched.owner.host, at + DEAD_MS * MS)
    watched.assert_dark_at_most(at, DEAD_MS + LATE_MS)
    watched.assert_one_answer(at)


def case_a_frozen_owner_without_successor_is_silent_and_takes_again_when_it_resumes(lab):
    watched = Watched(lab)
    watched.backup.stop()
    at = watched.owner.freeze()
    time.sleep(0.8)
    thawed = watched.owner.thaw()
    watched.assert_silent(watched.owner.host, at + DEAD_MS * MS, thawed)
    watched.answered_by(watched.owner.host)
    watched.assert_dark_at_most(thawed, 2000)


def case_a_killed_backup_moves_nothing(lab):
    watched = Watched(lab)
    at = watched.backup.kill()
    lab.wait_log(f"event=peer peer={watched.backup.host.name} state=dead", watched.owner.host, at)
    watched.backup.start()
    lab.wait_for(watched.pair.settled, 10, "the pair is settled again")
    assert watched.pair.owner() is watched.owner
    watched.assert_dark_at_most(at, BUSY_MS)
    watched.assert_silent(watched.backup.host, at)


def case_a_killed_judge_is_started_again_and_the_vip_stays(lab):
    for node in lab.nodes:
        Owa(node)
    watched = Watched(lab, checks=OWA_CHECK)
    host = watched.owner.host
    with nothing_changes(watched):
        old = host.pids("casvip-checks")
        assert old, "there is no casvip-checks"
        host.signal(9, "casvip-checks")
        lab.wait_for(lambda: set(host.pids("casvip-checks")) - set(old), 5, "a new casvip-checks runs")
        lab.wait_for(watched.pair.settled, 5, "its checks are up again")
