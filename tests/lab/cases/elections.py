"""Who owns it, and what moves it."""
import time

from agents import Pair
from lab import VIP
from promises import BUSY_MS, DEAD_MS, LATE_MS, Watched, nothing_changes


def case_the_second_node_to_start_takes_nothing(lab):
    pair = Pair(lab, start=False)
    preferred, second = (pair.of(node) for node in lab.nodes)
    second.start()
    lab.wait_for(lambda: second.role() == "ACTIVE", 5, "the only node takes the vip")
    eye = lab.watch()
    lab.wait_for(lambda: eye.who() == {second.host.name}, 3, "it answers")
    since = time.monotonic_ns()
    preferred.start()
    pair.settle()
    assert pair.owner() is second, "the preferred node took the vip although failback is never"
    view = eye.view(since)
    assert view.answerers == {second.host.name} and view.dark_ms < BUSY_MS


def case_two_nodes_started_at_once_end_with_one_owner_and_never_two_answers(lab):
    eye = lab.watch()
    since = time.monotonic_ns()
    pair = Pair(lab)
    lab.wait_for(lambda: eye.who() == {pair.owner().host.name}, 3, "the owner answers")
    assert eye.view(since).two == 0
    assert pair.owner().host is lab.nodes[0], "the preferred node was there and did not take it"


def case_a_planned_move_goes_to_the_named_node_and_back(lab):
    watched = Watched(lab)
    for agent, target in ((watched.owner, watched.backup), (watched.backup, watched.owner)):
        since = time.monotonic_ns()
        agent.ctl("move", "mail", target.host.name)
        watched.wait_takeover(since, target, why="yielded")
        watched.assert_dark_at_most(since, LATE_MS)
        watched.assert_one_answer(since)


def case_new_connections_reach_the_new_owner_after_a_move_and_after_a_crash(lab):
    watched = Watched(lab)
    tcp = lab.watch(tcp=True, arp=False, interval_us=2000)
    lab.wait_for(lambda: tcp.who(50) == {watched.owner.host.name}, 3, "the owner takes connections")
    moved = time.monotonic_ns()
    watched.owner.ctl("move", "mail")
    lab.wait_for(lambda: tcp.who(50) == {watched.backup.host.name}, 3, "the new owner takes connections")
    assert tcp.view(moved).dark_ms < LATE_MS
    killed = watched.backup.kill()
    lab.wait_for(lambda: tcp.who(50) == {watched.owner.host.name}, 3, "the successor takes connections")
    assert tcp.view(killed).dark_ms < DEAD_MS + LATE_MS


def case_a_move_to_a_dead_node_is_refused_and_moves_nothing(lab):
    watched = Watched(lab)
    since = time.monotonic_ns()
    watched.backup.stop()
    lab.wait_log(f"event=peer peer={watched.backup.host.name} state=dead", watched.owner.host, since)
    done = watched.owner.ctl("move", "mail", watched.backup.host.name, check=False)
    assert done.returncode != 0, "casvipctl called it a success"
    assert watched.owner.role() == "ACTIVE"
    watched.assert_dark_at_most(since, BUSY_MS)


def case_a_stopped_owner_hands_over_and_leaves_no_address(lab):
    watched = Watched(lab)
    since = time.monotonic_ns()
    assert watched.owner.stop() == 0
    assert not watched.owner.host.has(VIP), "the stopped agent left the vip behind"
    watched.wait_takeover(since, why="yielded")
    watched.assert_dark_at_most(since, LATE_MS)
    watched.assert_one_answer(since)


def case_a_standby_owner_hands_over_and_takes_part_again_when_online(lab):
    watched = Watched(lab)
    since = time.monotonic_ns()
    watched.owner.ctl("standby")
    watched.wait_takeover(since, why="yielded")
    assert watched.owner.vip()["fit"] is False
    watched.owner.ctl("online")
    lab.wait_for(watched.pair.settled, 5, "the pair is settled again")
    assert watched.pair.owner() is watched.backup, "coming online moved the vip"
    watched.assert_dark_at_most(since, LATE_MS)
    watched.assert_one_answer(since)


def case_a_standby_backup_moves_nothing(lab):
    watched = Watched(lab)
    with nothing_changes(watched):
        watched.backup.ctl("standby")
        lab.wait_for(lambda: not watched.backup.vip()["fit"], 3, "it is standby")
        watched.backup.ctl("online")
        lab.wait_for(watched.pair.settled, 5, "the pair is settled again")


def case_different_configurations_are_an_alarm_on_both(lab):
    pair = Pair(lab, start=False)
    second = pair.of(lab.nodes[1])
    second.configure(second.text.replace("cluster.key\"", "cluster.key\" # a comment is no difference"))
    pair.start()
    assert not lab.syslog.find("event=config .*differs"), "a comment counts as a difference"
    second.stop()
    second.configure(second.text.replace('interface = "eth0"', 'interface = "eth0"\n    announce_every = "30s"'))
    second.start()
    for node in lab.nodes:
        lab.wait_log(f"event=config peer={lab.other(node).name} state=differs", node)
    assert pair.of(lab.nodes[0]).status()["peers"][0]["config_matches"] is False
