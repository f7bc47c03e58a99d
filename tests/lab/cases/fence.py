"""The fence stands wherever the host could answer, whatever others do to it; and no second casvipd takes it down."""
import time

from agents import Casvip, Pair
from promises import DEAD_MS, MS, Watched, nothing_changes


def filters(host, device, side):
    return host.run("tc", "filter", "show", "dev", device, side, check=False).stdout.count("casvip")


def case_a_fence_removed_by_hand_is_put_back_and_said(lab):
    watched = Watched(lab)
    host = watched.owner.host
    with nothing_changes(watched, log_lines_max=8):
        for command in (("qdisc", "del", "dev", "eth0", "clsact"), ("filter", "del", "dev", "eth0", "egress")):
            since = time.monotonic_ns()
            host.run("tc", *command)
            lab.wait_log("event=fence interface=eth0 state=restored", host, since)
            assert filters(host, "eth0", "ingress") and filters(host, "eth0", "egress")
    at = watched.owner.kill()
    watched.wait_takeover(at, why="silence")
    watched.assert_silent(host, at + DEAD_MS * MS)
    watched.assert_one_answer(at)


def case_a_port_that_leaves_its_bridge_gets_the_fence(lab):
    host = lab.nodes[0]
    host.run("sh", "-c", "ip link add br1 type bridge; ip link add v1 type veth peer name w1; ip link set v1 master br1;"
             "ip link set br1 up; ip link set v1 up; ip link set w1 up")
    Watched(lab)
    lab.wait_for(lambda: filters(host, "br1", "ingress"), 5, "the bridge has the fence")
    assert not filters(host, "v1", "ingress"), "a port of a bridge needs none"
    host.run("ip", "link", "set", "v1", "nomaster")
    lab.wait_for(lambda: filters(host, "v1", "ingress") and filters(host, "v1", "egress"), 5, "the former port has it")


def case_release_beside_a_running_agent_is_refused_and_changes_nothing(lab):
    watched = Watched(lab)
    with nothing_changes(watched):
        done = watched.owner.daemon("--release")
        assert done.returncode == 1 and "stop it first" in done.stderr, done.stdout + done.stderr
        assert filters(watched.owner.host, "eth0", "ingress")


def case_a_second_casvipd_is_refused_whatever_its_socket_and_changes_nothing(lab):
    watched = Watched(lab)
    with nothing_changes(watched):
        done = watched.owner.daemon("-s", "/run/casvip/second.sock")
        assert done.returncode != 0 and "another casvipd is running" in done.stderr, done.stdout + done.stderr


def case_a_filter_of_another_kind_before_the_fence_shows_until_it_is_gone(lab):
    host, pair = lab.nodes[0], Pair(lab, start=False)
    host.run("sh", "-c", "tc qdisc add dev eth0 clsact; tc filter add dev eth0 ingress prio 1 protocol ip u32 "
             "match ip dst 198.51.100.1 flowid 1:1")
    pair.start()
    agent = pair.of(host)
    assert isinstance(agent, Casvip)
    lab.wait_log("event=fence interface=eth0 state=failed .*priority 1", host)
    assert agent.vip()["fence"] == "broken", agent.vip()
    host.run("tc", "filter", "del", "dev", "eth0", "ingress", "prio", "1", "protocol", "ip", "u32")
    lab.wait_log("event=fence interface=eth0 state=restored", host)
    lab.wait_for(lambda: agent.vip()["fence"] in ("open", "shut"), 5, "status says that it stands")
