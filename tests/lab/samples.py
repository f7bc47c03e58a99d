"""Reads what prober and arpsampler wrote (sample.h) and says what a client saw in a window of time."""
import os
import struct
import time
from collections import namedtuple

RECORD = struct.Struct("=QQQQIc3x16s")
Sample = namedtuple("Sample", "sent answered heard dark seq kind who")
MS = 1_000_000
# Two moves of a VIP, there and back, take longer than this. An answer of one host between two answers of another
# within it was given while both answered.
BETWEEN_NS = 30 * MS


class Samples:
    """A growing file of samples, ordered by when they were heard."""

    def __init__(self, path, names):
        self.path, self.names = path, names
        self.fd = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)

    def _heard(self, index):
        return RECORD.unpack(os.pread(self.fd, RECORD.size, index * RECORD.size))[2]

    def _first_after(self, at):
        low, high = 0, os.fstat(self.fd).st_size // RECORD.size
        while low < high:
            middle = (low + high) // 2
            if self._heard(middle) < at:
                low = middle + 1
            else:
                high = middle
        return low

    def between(self, start, end):
        first, after = self._first_after(start), self._first_after(end)
        data = os.pread(self.fd, (after - first) * RECORD.size, first * RECORD.size)
        return [Sample(*fields[:5], fields[5].decode(), self._name(fields[6])) for fields in RECORD.iter_unpack(data)]

    def last_heard(self, kind, before):
        index = self._first_after(before)
        while index > 0:
            index -= 1
            fields = RECORD.unpack(os.pread(self.fd, RECORD.size, index * RECORD.size))
            if fields[5].decode() == kind:
                return fields[2]
        return 0

    def _name(self, raw):
        text = raw.split(b"\0")[0].decode(errors="replace")
        return self.names.get(text, text)

    def close(self):
        os.close(self.fd)


def instants_of_two(samples):
    """How often two hosts provably answered at once: X answered, then Y was asked and answered, then X was asked and
    answered again, with hardly any time between. Orders are taken only where an answer was complete before the
    next question was sent, so that no delay in any queue can make two hosts out of one clean move."""
    events = sorted([(s.sent, 1, s) for s in samples] + [(s.answered, 0, s) for s in samples], key=lambda e: e[:2])
    last, before, counted = {}, {}, set()
    for at, asked, sample in events:
        if not asked:
            last[sample.who] = sample
            continue
        before[id(sample)] = dict(last)
        for other, answer in last.items():
            earlier = before[id(answer)].get(sample.who)
            if other != sample.who and earlier and at - earlier.answered <= BETWEEN_NS:
                counted.add(id(answer))
    return len(counted)


class View:
    """What the client saw from `start` to `end`."""

    def __init__(self, start, end, probes, arps):
        self.start, self.end = start, end
        asked = probes.between(start, end)
        self.routed = [s for s in asked if s.kind == "r"]
        direct = [s for s in asked if s.kind == "d"]
        self.arp = arps.between(start, end) if arps else []
        self.two = instants_of_two(direct) + instants_of_two(self.arp)
        self.answerers = {s.who for s in asked} | {s.who for s in self.arp}
        self.direct = direct
        last = probes.last_heard("r", end)
        still = end - max(last, start) if end - last > 5 * MS else 0
        self.dark_ms = max([s.dark for s in self.routed] + [still]) / MS

    @property
    def changes(self):
        """(when, from, to) of each change of who answered the client's ordinary questions."""
        return [(b.heard, a.who, b.who) for a, b in zip(self.routed, self.routed[1:]) if a.who != b.who]

    def first_by(self, host, after):
        """When the first answer of this host to an ordinary question sent after `after` was heard, or None."""
        return next((s.heard for s in self.routed if s.who == host.name and s.sent >= after), None)

    def by(self, host):
        """Every answer of this host, of whatever kind."""
        return [s for s in self.routed + self.direct + self.arp if s.who == host.name]


class Eye:
    """A prober and an ARP sampler on a client, for one VIP."""

    def __init__(self, lab, vip, port, tcp=False, arp=True, interval_us=500, direct=True, client=None):
        self.lab, self.vip = lab, vip
        tag = f"{vip.replace(':', '_')}{'-tcp' if tcp else ''}"
        self.client = client = client or lab.client
        names = {h.mac.replace(":", ""): h.name for h in lab.hosts.values()}
        self.probes = Samples(f"{client.dir}/probes-{tag}", names)
        self.arps = Samples(f"{client.dir}/arps-{tag}", names) if arp else None
        command = ["/run/build/tests/lab/prober", "-i", interval_us, "-o", self.probes.path]
        if tcp:
            command += ["-t"]
        elif direct:
            for node in lab.nodes:
                command += ["-d", node.mac]
        self.processes = [client.spawn(*command, vip, port, name=f"prober-{tag}")]
        if arp:
            self.processes.append(client.spawn("/run/build/tests/lab/arpsampler", "-o", self.arps.path, vip,
                                               name=f"arpsampler-{tag}"))

    def signal(self, number):
        for process in self.processes:
            process.send_signal(number)

    def view(self, start, end=None):
        return View(start, end or time.monotonic_ns(), self.probes, self.arps)

    def who(self, within_ms=5):
        """Who answered the client's ordinary questions in the last milliseconds."""
        now = time.monotonic_ns()
        return {s.who for s in self.probes.between(now - within_ms * MS, now) if s.kind == "r"}

    def close(self):
        self.probes.close()
        if self.arps:
            self.arps.close()
