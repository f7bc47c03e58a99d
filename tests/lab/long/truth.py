"""What the storm has done so far, and what a client may expect of it.

Between two changes nothing changes. In such a time a client is owed an answer when some host that may own the vip runs,
hears and is heard by enough voters for a majority, and by that client. From then on its deadline runs: after a fault
that hits a whole cluster the vip is answered within ALONE_MS, whatever else happened within BOUND_MS of the last one,
and from there on without a gap."""
import bisect
from collections import namedtuple

from promises import DEAD_MS, MS

BUSY_MS, LATE_MS = 100, 200  # of a machine that runs this one lab
BEAT_MS, LEASE_MS, STARTING_MS = 100, 275, 100
# Design, part 5: D + T at worst.
ALONE_MS = DEAD_MS + BEAT_MS + BUSY_MS
# A fault ends the owner's lease after L, its voters are free after D. A heal is noticed with the next beat; a host that
# was cut off listens for D then. Either may find the first in order gone as well, and wait one slot for it.
BOUND_MS = DEAD_MS + 2 * BEAT_MS + LATE_MS
GAP_MS = 10  # what is worth to be called dark at all
# In a time without changes: a planned move, on a machine that does other things too.
QUIET_MS = LATE_MS

Dark = namedtuple("Dark", "start end client kind what owed_ms bound_ms")


class Change:
    """From `end` on the world is like this; at `begin` it was still like before."""

    def __init__(self, begin, end, what, running, voting, cuts):
        self.begin, self.end, self.what = begin, end, what
        self.running, self.voting = frozenset(running), frozenset(voting)
        self.mute, self.deaf, self.apart = map(frozenset, (cuts.mute, cuts.deaf, cuts.apart))
        self.bound_ms = BOUND_MS

    def whole(self, nodes):
        return len(self.running & self.voting) == len(nodes) and not self.mute | self.deaf | self.apart

    def passes(self, a, b):
        return a not in self.mute and b not in self.deaf and (a, b) not in self.apart

    def connected(self, a, b):
        return a is b or self.passes(a, b) and self.passes(b, a)

    def voters(self, host):
        """Those whose votes can reach this host, its own included."""
        voters = self.running & self.voting
        return {voter for voter in voters if self.connected(host, voter)} if host in voters else set()

    def owes(self, client, nodes):
        return any(2 * len(self.voters(host)) > len(nodes) and self.connected(host, client)
                   for host in nodes if host.name != "w")


class Truth:
    def __init__(self, nodes):
        self.nodes = nodes
        self.changes = []

    def note(self, change):
        before = self.changes[-1] if self.changes else None
        if before and before.whole(self.nodes) and change.begin - before.end >= BOUND_MS * MS:
            change.bound_ms = ALONE_MS
        self.changes.append(change)

    def _times(self, start, end):
        """(from, until, change) for each time without changes that meets this one."""
        first = max(0, bisect.bisect_right([change.end for change in self.changes], start) - 1)
        for index in range(first, len(self.changes)):
            change = self.changes[index]
            until = self.changes[index + 1].begin if index + 1 < len(self.changes) else end
            if change.end >= end:
                return
            if until > max(start, change.end):
                yield change.end, until, change

    def could_keep(self, host, at):
        """Had this host, as the owner, the same majority for long enough to have no reason to let go?"""
        supporters = set(self.nodes)
        for _, _, change in self._times(at - BOUND_MS * MS, at):
            supporters &= change.voters(host)
        return 2 * len(supporters) > len(self.nodes)

    def judge(self, start, end, client, kind):
        """The dark interval beside what was promised: the worst of the times it spans, by how much it went beyond."""
        worst = Dark(start, end, client.name, kind, "no majority", None, None)
        for begin, until, change in self._times(start, end):
            if not change.owes(client, self.nodes) or min(end, until) - max(start, begin) <= GAP_MS * MS:
                continue  # the last answer before the next fault is not dark yet
            if start < begin + BOUND_MS * MS:
                dark = worst._replace(what=change.what, owed_ms=(min(end, until) - begin) / MS,
                                      bound_ms=change.bound_ms)
            else:
                dark = worst._replace(what="nothing", owed_ms=(min(end, until) - start) / MS, bound_ms=QUIET_MS)
            worst = max(worst, dark, key=beyond)
        return worst


def beyond(dark):
    """How much longer than the bound; negative within it."""
    return -float("inf") if dark.owed_ms is None else dark.owed_ms - dark.bound_ms


def gaps(heard):
    """The times in which no answer was heard."""
    return [(a, b) for a, b in zip(heard, heard[1:]) if b - a > GAP_MS * MS]
