"""Clusters with `quorum { provider = "majority" }`, and clients on both sides of whatever is cut."""
import time

import agents
from cuts import Cuts, both_ways
from lab import VIP, VIP6
from promises import MS, Watched
from samples import instants_of_two

HOSTS_AND_WITNESS = ("cas1", "cas2", "w")
THREE = ("cas1", "cas2", "cas3")
FIVE = ("cas1", "cas2", "cas3", "cas4", "cas5")
INSIDE = 10  # the number of the client that is cut off along with others


def among(nodes):
    """A case in a lab of these nodes; one named w is a witness."""
    def mark(case):
        case.nodes = nodes
        return case
    return mark


def config(lab, **options):
    owners = [node for node in lab.nodes if node.name != "w"]
    text = agents.config(lab, nodes=owners, **options).replace('provider = "none"', 'provider = "majority"')
    witnesses = [f'node "{node.name}" {{ address = {{"{node.v4}"}} witness = true }}\n'
                 for node in lab.nodes if node not in owners]
    return text.replace('vip "mail"', f'{"".join(witnesses)}vip "mail"')


class Cluster(Watched):
    """A settled cluster, watched by a client on the switch and by one that can be cut off along with some nodes."""

    def __init__(self, lab, vips=(VIP, VIP6), text=None, **watch):
        self.lab, self.cuts = lab, Cuts(lab)
        self.inside = lab.add_host("inside", INSIDE)
        self.pair = agents.Pair(lab, text=text or config(lab))
        self.owner, self.backup = self.pair.owner(), self.pair.backup()
        watch = {"interval_us": 1000, **watch}
        self.eyes = [lab.watch(vip, **watch) for vip in vips]
        # Without questions straight to each host: their answers would teach this client where the vip is.
        self.eye_inside = lab.watch(VIP, client=self.inside, **{**watch, "direct": False})
        self.answered_by(self.owner.host)
        lab.wait_for(lambda: self.eye_inside.who() == {self.owner.host.name}, 5, "the other client is answered too")

    @property
    def others(self):
        """All agents but the owner's, those that may take first."""
        return [agent for agent in self.pair.agents.values() if agent is not self.owner]

    @property
    def witness(self):
        return self.pair.agents["w"]

    def isolate(self, *members):
        """These agents' hosts and the client inside are a side of their own. Returns when."""
        inside = {agent.host for agent in members} | {self.inside}
        outside = [host for host in self.lab.hosts.values() if host not in inside]
        return self.cuts.apply(apart=both_ways(inside, outside))[1]

    def heal(self):
        return self.cuts.apply()[1]

    def taker(self, since, deadline_s=5):
        """The agent that took the vip, once it answers the client on the switch, and its line in the log."""
        line = self.lab.wait_log("event=role vip=mail from=BACKUP to=ACTIVE", since=since, deadline_s=deadline_s)
        agent = self.pair.agents[line.host]
        self.answered_by(agent.host)
        return agent, line

    def assert_released_before(self, taken):
        """The old owner's own line says that it let go for want of a quorum, and it stands before the successor's."""
        line = self.lab.wait_log("event=role vip=mail from=ACTIVE to=BACKUP why=(no-quorum|stalled)", self.owner.host,
                                 taken.at - 1000 * MS)
        assert line.at < taken.at, f"released {(line.at - taken.at) / MS:.1f} ms after {taken.host} had taken"

    def assert_one_answer(self, start, end=None):
        super().assert_one_answer(start, end)
        both = [sample for eye in (self.eyes[0], self.eye_inside) for sample in eye.view(start, end).arp]
        two = instants_of_two(both)
        assert two == 0, f"{two} instants at which two hosts answered, on different sides"

    def nobody_answers(self):
        now = time.monotonic_ns()
        return not any(eye.view(now - 50 * MS, now).answerers for eye in [*self.eyes, self.eye_inside])
