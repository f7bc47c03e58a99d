"""A quorum by real corosync daemons: what it lets happen, what it prevents, and what is said of it."""
import signal
import time

from corosync import Corosync, QuorumCluster, config, gate
from lab import VIP
from majority import THREE, among
from promises import BUSY_MS, MS, nothing_changes
import agents


@among(THREE)
def case_corosync_three_nodes_a_cut_off_owner_lets_go_before_another_takes(lab):
    watched = QuorumCluster(lab, vips=(VIP,))
    lab.wait_for(watched.gates_open, 10, "every gate is open")
    at = watched.isolate(watched.owner)
    taker, taken = watched.taker(at)
    watched.assert_released_before(taken)
    watched.assert_one_answer(at)
    lab.wait_log("event=quorum state=shut why=not-quorate .*members=" + watched.owner.host.name + " ",
                 watched.owner.host, at)
    watched.heal()
    watched.rest()
    assert watched.owner is taker, "the heal moved the vip"
    watched.assert_one_answer(at)
