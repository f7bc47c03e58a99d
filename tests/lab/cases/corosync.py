"""A quorum by real corosync daemons: what it lets happen, what it prevents, and what is said of it."""
import signal
import time

import agents
from corosync import Corosync, QuorumCluster, config, gate, weighs
from doctor import found
from lab import VIP
from majority import THREE, among
from promises import MS

LATE_MS = 3000  # of a machine that runs several labs at once
TUNED = {"timeout": 1250, "sync_timeout": 8000}


def three(lab):
    watched = QuorumCluster(lab, vips=(VIP,))
    lab.wait_for(watched.gates_open, 10, "every gate is open")
    return watched


def assert_let_go_and_succeeded(watched, at):
    """The owner let go for want of a quorum, before another took; and two never answered."""
    taker, taken = watched.taker(at)
    assert taker is not watched.owner
    watched.assert_let_go_before(taken, at)
    watched.assert_one_answer(at)


@weighs(2)
@among(THREE)
def case_corosync_three_nodes_a_cut_off_owner_lets_go_before_another_takes(lab):
    watched = three(lab)
    at = watched.isolate(watched.owner)
    assert_let_go_and_succeeded(watched, at)
    lab.wait_log(f"event=quorum state=shut why=not-quorate .*members={watched.owner.host.name} ",
                 watched.owner.host, at)
    watched.heal()
    watched.rest()
    watched.assert_one_answer(at)


@weighs(2)
@among(THREE)
def case_corosync_killed_on_the_owner_moves_the_vip_and_its_restart_is_told(lab):
    watched = three(lab)
    owner = watched.owner
    at = watched.corosync_of(owner).kill()
    lab.wait_log("event=quorum state=shut why=no-corosync", owner.host, at)
    lab.wait_log("event=role vip=mail from=ACTIVE .*why=no-quorum", owner.host, at)
    lab.wait_for(lambda: not watched.pair.active() or watched.pair.owner() is not owner, 5, "the vip has moved")
    watched.corosync_of(owner).start()
    lab.wait_log("event=quorum state=restarted", owner.host, at, 20)
    watched.rest()
    watched.assert_one_answer(at)


@weighs(2)
@among(THREE)
def case_corosync_stopped_on_the_owner_shuts_its_gate_in_time(lab):
    watched = three(lab)
    owner = watched.owner
    at = watched.corosync_of(owner).stop()
    lab.wait_log("event=quorum state=shut why=unproven", owner.host, at)
    line = lab.wait_log("event=role vip=mail from=ACTIVE .*why=no-quorum", owner.host, at)
    assert line.at - at >= 200 * MS, "it let go before its evidence was old"
    lab.wait_for(lambda: watched.pair.active() and watched.pair.owner() is not owner, 5, "the vip has moved")
    watched.corosync_of(owner).resume()
    watched.rest()
    watched.assert_one_answer(at)


@weighs(2)
@among(THREE)
def case_corosync_with_casvip_quorum_stopped_the_gate_shuts_in_time(lab):
    watched = three(lab)
    owner = watched.owner
    at = owner.host.signal(signal.SIGSTOP, "casvip-quorum")
    lab.wait_log("event=quorum state=shut why=unproven", owner.host, at)
    lab.wait_log("event=role vip=mail from=ACTIVE .*why=no-quorum", owner.host, at)
    owner.host.signal(signal.SIGCONT, "casvip-quorum")
    watched.rest()
    watched.assert_one_answer(at)


@weighs(2)
@among(THREE)
def case_corosync_with_casvip_quorum_killed_nothing_moves(lab):
    watched = three(lab)
    owner = watched.owner
    at = time.monotonic_ns()  # before: casvipd, in real time, may have told of it when signal() comes back
    owner.host.signal(signal.SIGKILL, "casvip-quorum")
    lab.wait_log("event=sensor sensor=quorum state=ended", owner.host, at)
    lab.wait_log("event=sensor sensor=quorum state=started", owner.host, at)
    lab.wait_for(watched.gates_open, 10, "every gate is open again")
    assert not lab.syslog.find("event=role", since=at), "the vip moved"


@weighs(2)
def case_corosync_two_node_is_refused_aloud_and_the_vip_served_while_both_live(lab):
    corosync = Corosync(lab, quorum={"two_node": 1, "wait_for_all": 0})
    pair = agents.Pair(lab, text=config(lab))
    for host in lab.nodes:
        lab.wait_log("event=quorum state=shut why=two-node .*take two_node out", host)
        assert "GATE SHUT (two-node)" in pair.of(host).ctl("status").stdout
    owner, backup = pair.owner(), pair.backup()
    assert gate(owner)["why"] == "two-node" and corosync.whole()
    at = backup.kill()
    lab.wait_log("event=role vip=mail from=ACTIVE .*why=no-quorum", owner.host, at)
    backup.start()
    pair.settle(10)


@weighs(2)
def case_corosync_that_does_not_let_casvip_quorum_in_is_told_with_what_it_needs(lab):
    Corosync(lab, let_in=False)
    agent = agents.Casvip(lab.nodes[0], config(lab)).start()
    lab.wait_log("event=quorum state=shut why=denied .*uidgid.d", lab.nodes[0])
    lab.wait_for(lambda: gate(agent).get("why") == "denied", 5, "the status says so")


@weighs(2)
def case_corosync_of_other_nodes_is_a_mismatch(lab):
    Corosync(lab)
    text = config(lab).replace('node "cas2" { address = {"192.0.2.2"} }', 'node "other" { address = {"192.0.2.7"} }')
    agents.Casvip(lab.nodes[0], text.replace('"cas2"', '"other"')).start()
    lab.wait_log("event=quorum state=shut why=mismatch .*words=\"corosync's node 2 .192.0.2.2. is no node", lab.nodes[0])


@weighs(3)
def case_corosync_two_nodes_and_a_witness_fail_over_within_the_bound(lab):
    watched = QuorumCluster(lab, Corosync(lab, device=TUNED), vips=(VIP,))
    lab.wait_for(watched.gates_open, 10, "every gate is open")
    bound_ms = watched.failover_ms()
    at = watched.isolate(watched.owner)
    _, taken = watched.taker(at, bound_ms / 1000 + 5)
    watched.assert_let_go_before(taken, at)
    assert (taken.at - at) / MS <= bound_ms + LATE_MS, f"{(taken.at - at) / MS:.0f} ms, the bound is {bound_ms}"
    watched.heal()
    watched.rest()
    watched.assert_one_answer(at)


@weighs(3)
def case_corosync_a_lost_witness_moves_nothing_and_is_told(lab):
    watched = QuorumCluster(lab, Corosync(lab, device=TUNED), vips=(VIP,))
    lab.wait_for(watched.gates_open, 10, "every gate is open")
    at = watched.corosync.qnetd.kill()
    lab.wait_log("event=quorum state=witness-lost", watched.owner.host, at, 15)
    assert gate(watched.owner)["witness_lost"] and "LOST" in watched.owner.ctl("status").stdout
    found(watched.owner, "witness-lost", "the quorum device does not vote", "corosync-qdevice-tool -s")
    watched.corosync.qnetd.start()
    lab.wait_log("event=quorum state=witness-back", watched.owner.host, time.monotonic_ns() - 1000 * MS, 20)
    assert not lab.syslog.find("event=role", since=at), "the vip moved"
    watched.assert_one_answer(at)


def case_corosync_a_test_of_the_file_tells_what_this_host_lacks(lab):
    agent = agents.Casvip(lab.nodes[0], config(lab))
    empty = f"{agent.host.dir}/no-corosync"
    agent.host.run("sh", "-c", f"mkdir {empty} && mount --bind {empty} /etc/corosync")
    said = agent.daemon("-t").stdout
    for what in ("corosync's /etc/corosync/corosync.conf: No such file", "will not let casvip-quorum in"):
        assert what in said, said
    agent.host.run("sh", "-c", f"mkdir {empty}/uidgid.d && touch {empty}/corosync.conf {empty}/uidgid.d/casvip")
    assert "corosync's" not in agent.daemon("-t").stdout and "will not let" not in agent.daemon("-t").stdout
