#!/usr/bin/python3
"""casvip beside keepalived, in the same run, as a client sees them: `sudo make bench` (N=rounds, default 5).

Three labs stand side by side, each with two hosts, a client and nginx as the service: casvip with its defaults,
keepalived with its defaults (1 s), keepalived with advert_int 0.1. Rounds are interleaved, one fault at a time on the
whole machine, so that whatever else this machine does strikes all three alike. Exits 1 when casvip misses a bound.

The service is watched once a second by all of them, fall 2: by keepalived with a vrrp_script of curl, as its users write
it; by casvip with interval 1 s and fast 50 ms. A fault comes at any point of that second. An answer of 503 can only be
seen by who asks, so that it counts twice: from the fault on, and from the first request that was answered so."""
import argparse
import os
import random
import statistics
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))

from agents import OWA_CHECK, Keepalived, Pair  # noqa: E402
from lab import Lab  # noqa: E402
from plot import draw  # noqa: E402
from services import Owa  # noqa: E402

MS = 1_000_000
INTERVAL_MS, FAST_MS, FALL = 1000, 50, 2
CHECK = OWA_CHECK.replace("connect =", f'interval = "{INTERVAL_MS}ms"  fast = "{FAST_MS}ms"  fall = {FALL}  connect =')


class System:
    """One kind of agent in a lab of its own."""

    def __init__(self, name):
        self.name, self.lab = name, Lab("bench")
        self.owa = {node: Owa(node, logs=True) for node in self.lab.nodes}
        self.results = {}

    def watch(self):
        self.eye = self.lab.watch()
        self.settle()

    def settle(self):
        self.lab.wait_for(self.settled, 30, f"{self.name} is settled")
        self.lab.wait_for(lambda: self.eye.who() == {self.owner_host().name}, 10, f"{self.name}'s owner answers")

    def measure(self, event, fault, restore):
        """The fault strikes the owner's host; until the other host answers. Returns when that was."""
        self.settle()
        old = self.owner_host()
        new = self.lab.other(old)
        start = time.monotonic_ns()
        fault(old)
        self.lab.wait_for(lambda: self.eye.who() == {new.name}, 15, f"{self.name}: {new.name} answers after {event}")
        view = self.eye.view(start)
        restore(old)
        self.settle()
        self.note(event, "dark", view.dark_ms)
        moved = view.first_by(new, start)
        self.note(event, "moved", (moved - start) / MS)
        self.note(event, "two", self.eye.view(start).two)
        return moved

    def at_any_point(self):
        """Of the second between two looks at the service: it was settled just after one."""
        self.settle()
        time.sleep(random.random() * INTERVAL_MS / 1000)

    def measure_503(self):
        wall = time.time_ns() - time.monotonic_ns()
        owa, since = self.owa[self.owner_host()], time.time()
        self.at_any_point()
        moved = self.measure("service answers 503", lambda host: self.owa[host].answer_503(True),
                             lambda host: self.owa[host].answer_503(False))
        self.note("service answers 503", "seen", (moved + wall) / MS - owa.first_503(since) * 1000)

    def note(self, event, what, value):
        self.results.setdefault((event, what), []).append(value)

    def round(self):
        self.measure("host cut", self.lab.cut, self.lab.heal)
        self.at_any_point()
        self.measure("service killed", lambda host: self.owa[host].kill(), lambda host: self.owa[host].start())
        self.measure_503()
        self.measure("graceful stop", self.stop_agent, self.start_agent)
        self.measure("planned move", self.move, self.moved)

    def pause(self):
        self.lab.pause_watching()

    def resume(self):
        """A LAN on which nobody spoke for half a minute has no neighbours to tell a cut by: it speaks for a while first."""
        self.lab.resume_watching()
        self.lab.holds_for(self.settled, 1, f"{self.name} stays settled")


class CasvipSystem(System):
    def __init__(self):
        super().__init__("casvip, defaults")
        self.pair = Pair(self.lab, checks=CHECK)
        self.watch()

    def settled(self):
        return self.pair.settled()

    def owner_host(self):
        return self.pair.owner().host

    def stop_agent(self, host):
        self.pair.of(host).stop()

    def start_agent(self, host):
        self.pair.of(host).start()

    def move(self, host):
        self.pair.of(host).ctl("move", "mail")

    def moved(self, host):
        pass


class KeepalivedSystem(System):
    def __init__(self, name, interval):
        super().__init__(name)
        self.agents = {node: Keepalived(node, interval, script=True).start() for node in self.lab.nodes}
        self.lab.wait_for(self.settled, 30, f"{name} has an owner")
        self.watch()

    def settled(self):
        """One has the address, the other waits as a backup: its script was good, and it runs."""
        states = sorted(agent.state() for agent in self.agents.values())
        return states == ["BACKUP", "MASTER"]

    def owner_host(self):
        return next((node for node, agent in self.agents.items() if agent.state() == "MASTER"), self.lab.client)

    def stop_agent(self, host):
        self.agents[host].process.terminate()  # it lingers for a second after it has said goodbye

    def start_agent(self, host):
        self.agents[host].process.wait()
        self.agents[host].start()

    move, moved = stop_agent, start_agent  # keepalived has no order to move: its admins stop it


ROWS = [  # event, what, words, casvip's bound for the median in ms
    ("host cut", "dark", "host cut off: dark", 330),
    ("planned move", "dark", "planned move: dark", 2),
    ("graceful stop", "dark", "agent stopped: dark", 2),
    ("service killed", "moved", "service killed: until the other answers", 60),
    ("service killed", "dark", "service killed: dark", 2),
    ("service answers 503", "seen", "503, from its first: until the other answers", FAST_MS * FALL + 60),
    ("service answers 503", "moved", "503, from the fault: until the other answers", INTERVAL_MS + FAST_MS * FALL + 60),
    ("service answers 503", "dark", "503: dark", 2),
]


def cell(values):
    return f"{statistics.median(values):8.1f} /{max(values):8.1f}"


def show(systems, rounds):
    print(f"\nmedian / worst of {rounds} in ms, as a client sees it\n")
    print(f"{'':45}" + "".join(f"{system.name:>25}" for system in systems) + f"{'bound':>8}   times faster")
    missed = 0
    for event, what, words, bound in ROWS:
        values = [system.results[event, what] for system in systems]
        medians = [statistics.median(v) for v in values]
        ratios = ", ".join(f"{median / max(medians[0], 0.1):.0f}" for median in medians[1:])
        verdict = "" if medians[0] <= bound else "  MISSED"
        missed += bool(verdict)
        print(f"{words:45}" + "".join(f"{cell(v):>25}" for v in values) + f"{bound:>8}   {ratios}{verdict}")
    twos = [sum(sum(v) for (_, what), v in system.results.items() if what == "two") for system in systems]
    print(f"{'instants at which two hosts answered':45}" + "".join(f"{two:>25}" for two in twos) + f"{0:>8}"
          f"{'  MISSED' if twos[0] else ''}")
    return missed + (twos[0] > 0)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("-n", "--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    if os.geteuid():
        sys.exit("the bench makes network namespaces: run it as root")
    systems = []
    try:
        for make in (CasvipSystem, lambda: KeepalivedSystem("keepalived, 1 s", 1),
                     lambda: KeepalivedSystem("keepalived, 100 ms", 0.1)):
            systems.append(make())
            systems[-1].pause()
        for number in range(1, rounds + 1):
            for system in systems:
                system.resume()
                system.round()
                system.pause()
                print(f"round {number}: {system.name}: host cut {system.results['host cut', 'dark'][-1]:.0f} ms dark, "
                      f"move {system.results['planned move', 'dark'][-1]:.1f} ms dark, service killed "
                      f"{system.results['service killed', 'moved'][-1]:.0f} ms, 503 "
                      f"{system.results['service answers 503', 'seen'][-1]:.0f} ms", flush=True)
        missed = show(systems, rounds)
        picture = os.path.join(os.environ["B"], "bench.svg")
        draw(picture, systems, ROWS)
        print(f"\neach round as a point: {os.path.relpath(picture)}")
    except Exception:
        for system in systems:
            print(system.lab.report())
        raise
    finally:
        for system in systems:
            system.lab.close()
    sys.exit(1 if missed else 0)


main()
