"""What the cases assert, in one place: promises of design part 1 as the client sees them."""
import contextlib
import time

from agents import Pair
from lab import VIP, VIP6

DEAD_MS = 300  # D at the defaults
BUSY_MS = 400  # a machine that runs several labs at once may be late by so much without anybody being at fault
LATE_MS = 600  # of whoever takes over, on such a machine; what an idle one reaches is the bench's matter
MS = 1_000_000


class Watched:
    """A settled pair, with a client that watches its IPv4 and its IPv6 address."""

    def __init__(self, lab, pair=None, **options):
        self.lab = lab
        self.pair = pair or Pair(lab, **options)
        self.eyes = [lab.watch(vip, interval_us=1000) for vip in (VIP, VIP6)]
        self.owner = self.pair.owner()
        self.backup = self.pair.backup()
        self.answered_by(self.owner.host)

    def answered_by(self, host, deadline_s=5):
        self.lab.wait_for(lambda: all(eye.who() == {host.name} for eye in self.eyes), deadline_s,
                          f"only {host.name} answers, at both addresses")
        return time.monotonic_ns()

    def views(self, start, end=None):
        return [eye.view(start, end) for eye in self.eyes]

    def assert_one_answer(self, start, end=None):
        for eye, view in zip(self.eyes, self.views(start, end)):
            assert view.two == 0, f"{view.two} instants at which two hosts answered at {eye.vip}"

    def assert_dark_at_most(self, start, dark_ms):
        for eye, view in zip(self.eyes, self.views(start)):
            assert view.dark_ms <= dark_ms, f"{eye.vip} was dark for {view.dark_ms:.1f} ms, more than {dark_ms}"

    def assert_silent(self, host, start, end=None):
        """No question for the VIPs that was sent from `start` on was answered by this host."""
        if end is None:
            self.lab.wait_for(lambda: time.monotonic_ns() >= start + 100 * MS, 5, "a tenth of a second to look at")
        for eye, view in zip(self.eyes, self.views(start, end)):
            late = [sample for sample in view.by(host) if sample.sent >= start]
            assert not late, f"{host.name} answered {len(late)} times at {eye.vip}, first " \
                f"{(late[0].sent - start) / MS:.1f} ms after it had to be silent"

    def wait_takeover(self, since, to=None, why="", deadline_s=5):
        """The role line of the new owner, once it answers the client. Returns that line."""
        to = to or self.backup
        line = self.lab.wait_log(rf"event=role vip=mail from=\w+ to=ACTIVE why={why}", to.host, since, deadline_s)
        self.answered_by(to.host)
        return line


def roles(pair):
    return {name: agent.vip() and (agent.vip()["role"], agent.vip()["term"]) for name, agent in pair.agents.items()}


@contextlib.contextmanager
def nothing_changes(watched, log_lines_max=6):
    """Within: no role, no term, no gap for clients, no flood in the log."""
    lab, pair, since = watched.lab, watched.pair, time.monotonic_ns()
    before = roles(pair)
    yield since
    after = roles(pair)
    assert before == after, f"{before} became {after}"
    moved = lab.syslog.find("event=role", since=since)
    assert not moved, f"role changed: {moved[0].text}"
    for node in lab.nodes:
        lines = lab.syslog.find("event=", node, since)
        assert len(lines) <= log_lines_max, f"{node.name} logged {len(lines)} lines, such as {lines[-1].text}"
    watched.assert_one_answer(since)
    watched.assert_dark_at_most(since, BUSY_MS)
    watched.assert_silent(watched.backup.host, since)
