"""A wrong key is an alarm on both nodes and never a second answer: the probe before taking holds it back."""
import time

from agents import KEY, OTHER_KEY, Pair
from lab import VIP, VIP6
from promises import Watched

SECONDS = 2.0  # some D, for what must not happen


def alarm_on_both(lab, since):
    for node in lab.nodes:
        lab.wait_log("event=key", node, since, 8)


def one_answers_for_a_while(lab, eyes, since):
    lab.wait_for(lambda: all(len(eye.who()) == 1 for eye in eyes), 5, "one host answers at each address")
    time.sleep(SECONDS)
    for eye in eyes:
        view = eye.view(since)
        assert view.two == 0, f"{view.two} instants at which two hosts answered at {eye.vip}"

    def same_host():  # of the last milliseconds: on a busy machine the client may not have asked in them
        first, second = (eye.who() for eye in eyes)
        return len(first) == 1 and first == second
    lab.wait_for(same_host, 5, "the same host answers at both addresses")


def case_a_node_started_with_a_wrong_key_is_an_alarm_on_both_and_never_answers(lab):
    pair = Pair(lab, start=False)
    first, second = (pair.of(node) for node in lab.nodes)
    eyes = [lab.watch(vip) for vip in (VIP, VIP6)]
    since = time.monotonic_ns()
    first.start()
    lab.wait_for(lambda: first.role() == "ACTIVE", 5, "the only node takes the vip")
    second.host.write("cluster.key", OTHER_KEY, 0o600)
    second.start()
    alarm_on_both(lab, since)
    one_answers_for_a_while(lab, eyes, since)
    for eye in eyes:
        assert not eye.view(since).by(second.host), "the node with the wrong key answered"
    assert second.role() == "BACKUP"
    lab.wait_log("event=suspect", second.host, since)


def case_two_nodes_with_different_keys_started_at_once_never_both_answer(lab):
    pair = Pair(lab, start=False)
    eyes = [lab.watch(vip) for vip in (VIP, VIP6)]
    since = time.monotonic_ns()
    pair.of(lab.nodes[1]).host.write("cluster.key", OTHER_KEY, 0o600)
    for agent in pair.agents.values():
        agent.start()
    alarm_on_both(lab, since)
    one_answers_for_a_while(lab, eyes, since)


def case_an_owner_restarted_with_a_wrong_key_does_not_answer_beside_its_successor(lab):
    watched = Watched(lab)
    since = time.monotonic_ns()
    watched.owner.stop()
    watched.owner.host.write("cluster.key", OTHER_KEY, 0o600)
    watched.owner.start()
    alarm_on_both(lab, since)
    one_answers_for_a_while(lab, watched.eyes, since)
    watched.assert_dark_at_most(since, 1000)


def case_a_repaired_key_ends_the_alarm_and_moves_nothing(lab):
    watched = Watched(lab)
    watched.backup.stop()
    watched.backup.host.write("cluster.key", OTHER_KEY, 0o600)
    since = time.monotonic_ns()
    watched.backup.start()
    alarm_on_both(lab, since)
    watched.backup.stop()
    watched.backup.host.write("cluster.key", KEY, 0o600)
    watched.backup.start()
    lab.wait_for(watched.pair.settled, 10, "the pair is settled again")
    assert watched.pair.owner() is watched.owner
    watched.assert_one_answer(since)
    watched.assert_silent(watched.backup.host, since)


def case_an_agent_that_crashes_leaves_no_keys_in_a_core(lab):
    pair = Pair(lab)
    for host in lab.nodes:
        with open(f"/proc/{host.pids('casvipd')[0]}/limits") as file:
            core = next(line.split() for line in file if line.startswith("Max core file size"))
        assert core[4:6] == ["0", "0"], core
    assert pair.settled()
