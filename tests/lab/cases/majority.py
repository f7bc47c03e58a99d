"""P1 and P2 with provider "majority": who has no majority answers nobody, who has one goes on."""
import time

from majority import FIVE, HOSTS_AND_WITNESS, THREE, Cluster, among
from promises import BUSY_MS, DEAD_MS, LATE_MS, MS, nothing_changes

BEAT_MS, LEASE_MS = 100, 275  # T and L at the defaults


def assert_succeeded(watched, since):
    """Somebody else took it within D, and there was one answer at a time. Returns who, and the line that tells."""
    taker, taken = watched.taker(since)
    assert taker is not watched.owner
    watched.assert_dark_at_most(since, DEAD_MS + LATE_MS)
    watched.assert_one_answer(since)
    return taker, taken


def cut_off_owner_is_succeeded(lab, company=()):
    watched = Cluster(lab)
    at = watched.isolate(watched.owner, *company(watched) if company else ())
    taker, taken = assert_succeeded(watched, at)
    watched.assert_released_before(taken)
    watched.assert_silent(watched.owner.host, at + DEAD_MS * MS)
    lab.wait_for(lambda: time.monotonic_ns() > taken.at + 1200 * MS, 3, "the first announcements are over")
    healed = watched.heal()
    lab.wait_for(lambda: watched.eye_inside.who() == {taker.host.name}, 3, "the client cut off finds the new owner")
    late = (watched.eye_inside.view(taken.at).first_by(taker.host, taken.at) - healed) / MS
    assert late <= BEAT_MS + LATE_MS, f"the client that was cut off found the new owner {late:.0f} ms after the heal"
    lab.wait_for(watched.pair.settled, 5, "the cluster is settled again")
    assert watched.pair.owner() is taker, "the heal moved the vip"
    watched.assert_one_answer(at)
    watched.assert_dark_at_most(healed, BUSY_MS)


@among(THREE)
def case_majority_a_cut_off_owner_lets_go_before_another_takes(lab):
    cut_off_owner_is_succeeded(lab)


@among(HOSTS_AND_WITNESS)
def case_majority_a_witness_lets_the_other_host_succeed_a_cut_off_owner(lab):
    cut_off_owner_is_succeeded(lab)


@among(FIVE)
def case_majority_an_owner_in_a_minority_lets_go_before_another_takes(lab):
    cut_off_owner_is_succeeded(lab, lambda watched: watched.others[:1])


@among(THREE)
def case_majority_a_cut_between_two_others_is_an_alarm_on_the_third(lab):
    watched = Cluster(lab)
    third, (one, other) = watched.owner, watched.others
    since = time.monotonic_ns()
    lab.drop(one.host, "input", f"ip saddr {other.host.v4} udp dport 7411")
    lab.wait_log(f"event=link peer={one.host.name} from={other.host.name} state=down", third.host, since)
    assert f"DOES NOT HEAR {other.host.name}" in third.ctl("status").stdout
    peer = next(peer for peer in third.status()["peers"] if peer["name"] == one.host.name)
    assert {node["name"] for node in peer["hears"]} == {third.host.name, other.host.name}, peer
    lab.undrop(one.host, "input")
    lab.wait_log(f"event=link peer={one.host.name} from={other.host.name} state=up", third.host, since)
    assert "DOES NOT HEAR" not in third.ctl("status").stdout
    assert watched.pair.owner() is third


@among(HOSTS_AND_WITNESS)
def case_majority_a_lost_witness_moves_nothing(lab):
    watched = Cluster(lab)
    since = watched.witness.kill()
    for agent in (watched.owner, watched.backup):
        lab.wait_log("event=peer peer=w state=dead", agent.host, since)
    time.sleep(0.5)
    watched.witness.start()
    lab.wait_for(watched.pair.settled, 5, "the witness is back")
    assert watched.pair.owner() is watched.owner
    watched.assert_dark_at_most(since, BUSY_MS)
    watched.assert_silent(watched.backup.host, since)


@among(HOSTS_AND_WITNESS)
def case_majority_without_owner_and_witness_nobody_answers_and_status_says_no_quorum(lab):
    watched = Cluster(lab)
    at = watched.owner.kill()
    watched.witness.kill()
    lab.wait_for(lambda: watched.backup.vip()["fitness"] == "no-quorum", 2, "status says no-quorum")
    lab.wait_for(watched.nobody_answers, 1, "nobody answers")
    lab.holds_for(watched.nobody_answers, 1, "silent")
    assert watched.backup.role() == "BACKUP"
    watched.witness.start()
    watched.taker(at)
    watched.assert_one_answer(at)


@among(HOSTS_AND_WITNESS)
def case_majority_an_owner_that_loses_both_others_answers_nobody_and_takes_again_with_either(lab):
    watched = Cluster(lab)
    watched.witness.kill()
    at = watched.backup.kill()
    lab.wait_log("event=role vip=mail from=ACTIVE to=BACKUP why=no-quorum", watched.owner.host, at)
    watched.assert_silent(watched.owner.host, at + DEAD_MS * MS)
    assert watched.owner.vip()["fitness"] == "no-quorum"
    watched.witness.start()
    watched.answered_by(watched.owner.host)
    watched.assert_one_answer(at)


@among(THREE)
def case_majority_an_owner_that_is_not_heard_is_succeeded(lab):
    watched = Cluster(lab)
    at = watched.cuts.apply(mute={watched.owner.host})[1]
    watched.assert_released_before(assert_succeeded(watched, at)[1])


@among(THREE)
def case_majority_an_owner_that_hears_nobody_is_succeeded(lab):
    watched = Cluster(lab)
    at = watched.cuts.apply(deaf={watched.owner.host})[1]
    watched.assert_released_before(assert_succeeded(watched, at)[1])


@among(HOSTS_AND_WITNESS)
def case_majority_a_backup_cut_off_either_way_or_both_moves_nothing(lab):
    watched = Cluster(lab)
    host = watched.backup.host
    with nothing_changes(watched, log_lines_max=40):
        for cut in ({"mute": {host}}, {"deaf": {host}}, {"mute": {host}, "deaf": {host}}):
            at = watched.cuts.apply(**cut)[1]
            lab.wait_log(f"event=peer peer={watched.owner.host.name} state=dead", host, at)
            time.sleep(0.5)
            watched.heal()
            lab.wait_for(watched.pair.settled, 5, "the cluster is settled again")


@among(THREE)
def case_majority_heartbeats_lost_between_the_owner_and_one_other_move_nothing(lab):
    watched = Cluster(lab)
    with nothing_changes(watched, log_lines_max=12) as since:
        for direction, address in (("input", "saddr"), ("output", "daddr")):
            lab.drop(watched.backup.host, direction, f"ip {address} {watched.owner.host.v4} udp dport 7411")
        lab.wait_log("event=suspect", watched.backup.host, since)
        time.sleep(1)
        for direction in ("input", "output"):
            lab.undrop(watched.backup.host, direction)
        lab.wait_for(watched.pair.settled, 5, "the cluster is settled again")


@among(THREE)
def case_majority_a_node_that_hears_only_the_others_cannot_take_from_a_living_owner(lab):
    watched = Cluster(lab)
    pair = {(watched.owner.host, watched.backup.host), (watched.backup.host, watched.owner.host)}
    with nothing_changes(watched, log_lines_max=12) as since:  # it is not answered by the vip either, and may bid
        watched.cuts.apply(apart=pair)
        lab.wait_log(f"event=peer peer={watched.owner.host.name} state=dead", watched.backup.host, since)
        time.sleep(1.5)
        watched.heal()
        lab.wait_for(watched.pair.settled, 5, "the cluster is settled again")


@among(HOSTS_AND_WITNESS)
def case_majority_a_node_that_bid_in_vain_supports_the_owner_again(lab):
    watched = Cluster(lab)
    hosts = (watched.owner.host, watched.backup.host)
    at = watched.cuts.apply(apart={hosts, hosts[::-1]})[1]
    lab.wait_log(f"event=peer peer={watched.owner.host.name} state=dead", watched.backup.host, at)
    time.sleep(1)
    watched.heal()
    lab.wait_for(watched.pair.settled, 5, "the cluster is settled again")
    time.sleep(DEAD_MS / 1000)  # a vote is given for so long at least
    watched.witness.kill()  # from here on the former bidder's support is what the owner has
    lab.wait_log("event=peer peer=w state=dead", watched.owner.host, at)
    lab.holds_for(lambda: watched.owner.role() == "ACTIVE", 2 * DEAD_MS / 1000, "the owner in its place")
    watched.assert_dark_at_most(at, BUSY_MS)


@among(HOSTS_AND_WITNESS)
def case_majority_a_killed_owner_is_succeeded_and_does_not_take_back(lab):
    watched = Cluster(lab)
    at = watched.owner.kill()
    taker, _ = assert_succeeded(watched, at)
    watched.assert_silent(watched.owner.host, at + DEAD_MS * MS)
    watched.owner.start()
    lab.wait_for(watched.pair.settled, 5, "the cluster is settled again")
    assert watched.pair.owner() is taker
    watched.assert_one_answer(at)


@among(THREE)
def case_majority_a_frozen_owner_is_succeeded_and_steps_down_when_it_resumes(lab):
    watched = Cluster(lab)
    at = watched.owner.freeze()
    assert_succeeded(watched, at)
    thawed = watched.owner.thaw()
    lab.wait_log("event=role vip=mail from=ACTIVE to=BACKUP why=stalled", watched.owner.host, thawed)
    watched.assert_silent(watched.owner.host, at + DEAD_MS * MS)
    lab.wait_for(watched.pair.settled, 5, "the cluster is settled again")
    watched.assert_one_answer(at)


@among(THREE)
def case_majority_all_restarted_at_once_end_with_one_owner(lab):
    watched = Cluster(lab)
    at = time.monotonic_ns()
    for agent in watched.pair.agents.values():
        agent.kill()
    for agent in watched.pair.agents.values():
        agent.start()
    lab.wait_for(watched.pair.settled, 5, "the cluster is settled again")
    watched.answered_by(lab.nodes[0])  # the preferred one: nobody bid in its way
    watched.assert_one_answer(at)
    watched.assert_dark_at_most(at, DEAD_MS + LEASE_MS + BUSY_MS + LATE_MS)


@among(THREE)
def case_majority_a_planned_move_goes_there_and_back(lab):
    watched = Cluster(lab)
    for agent, target in ((watched.owner, watched.backup), (watched.backup, watched.owner)):
        since = time.monotonic_ns()
        agent.ctl("move", "mail", target.host.name)
        watched.wait_takeover(since, target, why="yielded")
        watched.assert_dark_at_most(since, LATE_MS)
        watched.assert_one_answer(since)


@among(HOSTS_AND_WITNESS)
def case_majority_a_restarted_voter_votes_for_nobody_within_d_and_l_of_its_start(lab):
    watched = Cluster(lab)
    watched.witness.kill()
    at = watched.owner.kill()
    started = time.monotonic_ns()
    watched.witness.start()
    taker, taken = watched.taker(at)
    assert taker is watched.backup
    assert taken.at - started >= (DEAD_MS + LEASE_MS) * MS, f"voted {(taken.at - started) / MS:.0f} ms after its start"
    watched.assert_dark_at_most(at, 2 * DEAD_MS + LEASE_MS + LATE_MS)
    watched.assert_one_answer(at)


@among(FIVE)
def case_majority_two_candidates_that_do_not_hear_each_other_end_with_one_owner(lab):
    watched = Cluster(lab)
    first, second = (agent.host for agent in watched.others[:2])
    watched.cuts.apply(apart={(first, second), (second, first)})
    lab.wait_log(f"event=peer peer={first.name} state=dead", second)
    at = watched.owner.kill()
    watched.taker(at)
    watched.assert_dark_at_most(at, 2 * DEAD_MS + LATE_MS)
    watched.assert_one_answer(at)
    lab.holds_for(lambda: len(watched.pair.active()) == 1, 0.5, "one owner")
