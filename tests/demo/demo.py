#!/usr/bin/python3
"""Shows, in about a minute, two hosts with OWA and RPC, a client that looks every 0.5 ms, and what happens when things
break: `sudo make demo`. Exits 1 when a step failed.

A step fails when the VIP did not move where it should have, when two hosts answered at one instant, or when the client
was in the dark for longer than the step allows."""
import os
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))

from agents import OWA_CHECK, RPC_CHECK, Pair  # noqa: E402
from lab import VIP, VIP6, Lab, LabFailure  # noqa: E402
from services import Owa, Rpc  # noqa: E402

CRASH_MS, YIELD_MS = 500, 50  # what a step allows on whatever machine; what it takes is in the table
MS = 1_000_000
BOLD, DIM, RED, GREEN, PLAIN = ("\033[1m", "\033[2m", "\033[31m", "\033[32m", "\033[0m") if sys.stdout.isatty() \
    else ("",) * 5


def say(text="", style=""):
    print(f"{style}{text}{PLAIN if style else ''}", flush=True)


class Stage:
    """The lab with all that runs in it, and the rows of the table."""

    def __init__(self, lab):
        self.lab, self.rows = lab, []
        say("  starting OWA (nginx, TLS) and RPC (Samba's endpoint mapper, EMSMDB on 6001) on both hosts")
        self.owa = {node: Owa(node) for node in lab.nodes}
        self.rpc = {node: Rpc(node) for node in lab.nodes}
        say("  starting casvipd on both, with its defaults: a heartbeat each 100 ms, dead after 300 ms")
        self.pair = Pair(lab, checks=OWA_CHECK + "    " + RPC_CHECK)
        self.eyes = [lab.watch(VIP), lab.watch(VIP6, interval_us=1000)]
        self.settle()

    @property
    def owner(self):
        return self.pair.owner()

    def settle(self):
        """Both fit, one owner, and the client hears that one."""
        self.pair.settle(15)
        name = self.owner.host.name
        self.lab.wait_for(lambda: all(eye.who() == {name} for eye in self.eyes), 5, f"{name} answers the client")

    def step(self, title, story, fault, restore=None, allowed_ms=YIELD_MS):
        """One fault on the owner: until the other answers, and until all is well again."""
        number = len(self.rows) + 1
        say(f"\n{number}. {title}", BOLD)
        self.settle()
        old = self.owner
        new = self.pair.of(self.lab.other(old.host))
        say(f"   {story.format(old=old.host.name, new=new.host.name)}")
        row = {"title": title, "move": f"{old.host.name} -> {new.host.name}", "line": "", "allowed": allowed_ms}
        self.rows.append(row)
        start = time.monotonic_ns()
        try:
            fault(old)
            self.await_move(row, start, new)
            if restore:
                say(f"   {restore[0].format(old=old.host.name)}")
                restore[1](old)
            self.settle()
            if self.owner is not new:
                row["failed"] = "the vip moved again when all was well"
        except LabFailure as failure:
            row["failed"] = str(failure)
        self.judge(row, start)

    def await_move(self, row, start, new):
        line = self.lab.wait_log("event=role .*to=ACTIVE", new.host, start, 10)
        row["line"] = line.text
        self.lab.wait_for(lambda: all(eye.who() == {new.host.name} for eye in self.eyes), 5,
                          f"{new.host.name} answers the client")
        row["after"] = (self.eyes[0].view(start).first_by(new.host, start) - start) / MS
        say(f"   {new.host.name} {line.text}", DIM)

    def judge(self, row, start):
        views = [eye.view(start) for eye in self.eyes]
        row["dark"] = max(view.dark_ms for view in views)
        row["two"] = sum(view.two for view in views)
        if "failed" not in row and row["two"]:
            row["failed"] = "two hosts answered"
        if "failed" not in row and row["dark"] > row["allowed"]:
            row["failed"] = f"dark for more than {row['allowed']} ms"
        after = f"the other host answered {row['after']:.0f} ms after the fault; " if "after" in row else ""
        say(f"   {after}dark {row['dark']:.1f} ms; instants with two answers {row['two']}")
        if "failed" in row:
            say(f"   FAILED: {row['failed']}", RED)

    def steady(self):
        say("\n1. Steady state", BOLD)
        owner = self.owner
        say(f"   {owner.host.name} is ACTIVE, all checks are up; two seconds of watching")
        row = {"title": "Steady state", "move": f"{owner.host.name} stays", "allowed": YIELD_MS,
               "line": self.lab.syslog.find("event=role .*to=ACTIVE", owner.host)[-1].text}
        self.rows.append(row)
        say(f"   {owner.host.name} {row['line']}", DIM)
        start = time.monotonic_ns()
        time.sleep(2)
        self.judge(row, start)
        if self.eyes[0].view(start).answerers != {owner.host.name}:
            row["failed"] = "another host answered"

    def play(self):
        self.steady()
        self.step("OWA answers 503", "OWA on {old} says 503 Service Unavailable from now on",
                  lambda old: self.owa[old.host].answer_503(True),
                  ("OWA on {old} says 200 again; the vip stays where it is",
                   lambda old: self.owa[old.host].answer_503(False)))
        self.step("RPC server stops", "the server behind the endpoint mapper of {old} is gone",
                  lambda old: self.rpc[old.host].stop_server(),
                  ("it is started again", lambda old: self.rpc[old.host].start_server()))
        self.step("OWA process killed", "nginx on {old} gets SIGKILL",
                  lambda old: self.owa[old.host].kill(),
                  ("nginx is started again", lambda old: self.owa[old.host].start()))
        self.step("Host cut from the switch", "the switch forwards nothing from or to {old}; its carrier stays",
                  lambda old: self.lab.cut(old.host),
                  ("{old} is back on the network", lambda old: self.lab.heal(old.host)), CRASH_MS)
        self.step("Agent killed", "casvipd and casvip-checks on {old} get SIGKILL; the address is still there",
                  lambda old: old.kill(), ("casvipd is started again", lambda old: old.start()), CRASH_MS)
        self.step("Agent frozen", "casvipd and casvip-checks on {old} get SIGSTOP",
                  lambda old: old.freeze(), ("and SIGCONT", lambda old: old.thaw()), CRASH_MS)
        self.step("Planned move", "casvipctl move mail {new}", lambda old: old.ctl("move", "mail"))

    def table(self):
        say(f"\n{'':26}{'':15}{'until the new':>14}{'dark, as the':>15}{'instants with':>15}", BOLD)
        say(f"{'step':26}{'the vip':15}{'owner answers':>14}{'client saw it':>15}{'two answers':>15}", BOLD)
        for row in self.rows:
            after = f"{row['after']:.0f} ms" if "after" in row else "-"
            verdict = f"{RED}  FAILED: {row['failed']}{PLAIN}" if "failed" in row else f"{GREEN}  ok{PLAIN}"
            say(f"{row['title']:26}{row['move']:15}{after:>14}{row['dark']:>12.1f} ms{row['two']:>15}{verdict}")
        return [row for row in self.rows if "failed" in row]


def main():
    if os.geteuid():
        sys.exit("the demo makes network namespaces: run it as root")
    began = time.monotonic()
    say("casvip: one address, two hosts, never two answers", BOLD)
    say(f"  cas1 192.0.2.1, cas2 192.0.2.2, client 192.0.2.9; the vip is {VIP} and {VIP6}")
    with Lab("demo") as lab:
        stage = None
        try:
            stage = Stage(lab)
            stage.play()
        except (LabFailure, RuntimeError) as failure:
            say(f"FAILED: {failure}", RED)
            say(lab.report(int(began * 1e9)))
            sys.exit(1)
        failed = stage.table()
        say(f"\n{len(stage.rows) - len(failed)} steps as promised, {len(failed)} failed, "
            f"{time.monotonic() - began:.0f} s")
        if failed:
            say(lab.report(int(began * 1e9)))
    sys.exit(1 if failed else 0)


main()
