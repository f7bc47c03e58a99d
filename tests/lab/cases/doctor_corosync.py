"""casvipctl doctor: a quorum by real corosync daemons that prevents no split, or that is slow, is found."""
import agents
from corosync import Corosync, config, gate
from doctor import examined, found, only

SLOW = {"token": 1500, "token_coefficient": 0, "consensus": 1800}


def case_doctor_finds_a_corosync_that_prevents_no_split_and_is_slow(lab):
    Corosync(lab, totem=SLOW, quorum={"two_node": 1, "wait_for_all": 0})
    agent = agents.Casvip(lab.nodes[0], config(lab)).start()
    lab.wait_for(lambda: gate(agent).get("why") == "two-node", 10, "the agent knows corosync's settings")
    found(agent, "quorum-unsafe", "this quorum prevents no split", "two_node", "a third node or a quorum device")
    found(agent, "quorum-shut", "gate shut: two-node", "corosync-quorumtool -s")
    only(examined(agent)["notes"], "quorum-slow", "totem.token = 1000")
