#!/usr/bin/python3
"""How soon clients with idle connections know that the vip went elsewhere: `sudo make bench-clients`.

So many connections to nginx at the vip are open and nobody speaks on them; then the vip moves. For each connection the
client's kernel says when it was reset, counted from the event. keepalived stands beside it in the same run: there the
vip moves too, and the same connections hang. Every run has a lab of its own, one after the other. Exits 1 when casvip
misses a bound."""
import argparse
import os
import signal
import socket
import statistics
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))

from agents import Keepalived, Pair  # noqa: E402
from lab import VIP, Lab  # noqa: E402
from plot import draw_shares  # noqa: E402
from services import answers, certify  # noqa: E402

MS = 1_000_000
DEAD_MS = 300  # D at the defaults
MOVE_BOUND_MS = 5
PORT, TLS_PORT = 7100, 7143
LONG_S, HANGS_S = 20, 5  # how long casvip's clients are waited for, and keepalived's
MOVE, CUT, FREEZE = "planned move", "host cut off", "agent frozen"
EVENTS = (MOVE, CUT, FREEZE)

HOLDS = 5000  # connections in one process, here and there: not every root may have more descriptors than its limit

# Each worker with a socket of its own, and far from full: nginx closes idle connections when it runs out of room.
NGINX = f"""daemon off;
user root;
worker_processes 8;
worker_rlimit_nofile {2 * HOLDS};
pid /run/casvip/nginx.pid;
error_log stderr warn;
events {{{{ worker_connections {2 * HOLDS}; }}}}
http {{{{
    access_log off;
    client_header_timeout 1h;
    server {{{{
        listen {PORT} reuseport backlog=4096;
        listen {TLS_PORT} ssl reuseport;
        ssl_certificate /run/casvip/mail.pem;
        ssl_certificate_key /run/casvip/mail.key;
        return 200 "{{host}}";
    }}}}
}}}}
"""


class Holder:
    """The client's connections, in processes of at most HOLDS each."""

    def __init__(self, lab, count, tls):
        self.lab, self.processes = lab, {}
        lab.client.run("sysctl", "-qw", "net.ipv4.ip_local_port_range=1024 65535")
        for first in range(0, count, HOLDS):
            path = f"{lab.client.dir}/resets-{first}"
            self.processes[path] = lab.client.spawn(
                "/run/build/tests/lab/holder", *(["-t"] if tls else []), "-o", path, VIP, TLS_PORT if tls else PORT,
                min(HOLDS, count - first), name="holder")
        lab.wait_for(self.ready, 60, f"{count} connections are open")

    def ready(self):
        assert all(process.poll() is None for process in self.processes.values()), "a holder of connections ended"
        return all(lines(path)[:1] == ["ready"] for path in self.processes)

    def resets(self, start, patience_s):
        """Milliseconds from the start to each reset, and how many there were not."""
        found, left_in_all = [], 0
        for path, process in self.processes.items():
            try:
                process.wait(max(0, start / 1e9 + patience_s - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.terminate()
                process.wait(10)
            *instants, left = lines(path)[1:-1]
            found += [(int(instant) - start) / MS for instant in instants]
            left_in_all += int(left.split()[1])
        return found, left_in_all


def lines(path):
    try:
        with open(path) as file:
            return file.read().split("\n")
    except FileNotFoundError:
        return []


class Run:
    """One event with so many connections: what the clients saw, and what it cost."""

    def __init__(self, system, event, count, tls=False):
        self.system, self.event, self.count, self.tls = system, event, count, tls
        self.late = self.worst_late_ms = self.rss_kb = None

    @property
    def name(self):
        return f"{self.system}, {self.event}, {self.count}{' TLS' if self.tls else ''}"

    def serve(self, lab):
        for node in lab.nodes:
            certify(node)
            node.write("clients.conf", NGINX.format(host=node.name))
            node.run("sysctl", "-qw", "net.core.somaxconn=4096")
            node.spawn("nginx", "-e", "stderr", "-p", "/run/casvip", "-c", "/run/casvip/clients.conf")
        lab.wait_for(lambda: all(answers(node, TLS_PORT) for node in lab.nodes), 10, "nginx listens")

    def measure(self):
        with Lab("bench") as lab:
            try:
                self.serve(lab)
                self.resets, self.left = self.casvip(lab) if self.system == "casvip" else self.keepalived(lab)
            except Exception:
                print(f"{self.name}:\n{lab.report()}")
                raise
        return self

    def casvip(self, lab):
        pair = Pair(lab)
        owner, backup = pair.owner(), pair.backup()
        before = resident_kb(backup)
        holder = Holder(lab, self.count, self.tls)
        lab.wait_for(lambda: backup.counters()["clients_heard_of"] >= self.count, 30, "the backup knows who is connected")
        start = {MOVE: lambda: order_move(owner), CUT: lambda: lab.cut(owner.host), FREEZE: owner.freeze}[self.event]()
        found = holder.resets(start, LONG_S)
        assert backup.role() == "ACTIVE", "the vip did not move"
        counters = [agent.counters() for agent in (owner, backup) if agent is backup or self.event != FREEZE]
        self.late = sum(counter["beats_late"] for counter in counters)
        self.worst_late_ms = max(counter["worst_late_us"] for counter in counters) / 1000
        self.rss_kb = before, resident_kb(backup)
        return found

    def keepalived(self, lab):
        agents = {node: Keepalived(node).start() for node in lab.nodes}
        lab.wait_for(lambda: sorted(agent.state() for agent in agents.values()) == ["BACKUP", "MASTER"], 30, "an owner")
        owner = next(node for node in lab.nodes if agents[node].state() == "MASTER")
        holder = Holder(lab, self.count, self.tls)
        if self.event == MOVE:  # it has no order to move: its admins stop it
            agents[owner].process.terminate()
        elif self.event == CUT:
            lab.cut(owner)
        else:
            owner.signal(signal.SIGSTOP, "keepalived")
        successor = agents[lab.other(owner)]
        lab.wait_for(lambda: successor.state() == "MASTER", 10, "the vip moves")
        return holder.resets(time.monotonic_ns(), HANGS_S)

    def says(self):
        if not self.resets:
            return f"{self.count:>7}{'':39}{self.left:>7}"
        ordered = sorted(self.resets)
        figures = (ordered[0], statistics.median(ordered), ordered[(len(ordered) * 99 - 1) // 100], ordered[-1])
        return f"{self.count:>7}" + "".join(f"{figure:9.1f} " for figure in figures)[:-1] + f"{self.left:>7}"

    def costs(self):
        if self.rss_kb is None:
            return ""
        return f"{self.late:>7}{self.worst_late_ms:>9.1f}{self.rss_kb[0] / 1024:>9.1f}{self.rss_kb[1] / 1024:>7.1f}"

    def missed(self):
        """In words; None when all is as it should be."""
        if self.system != "casvip":
            return None
        if self.left:
            return f"{self.left} were never reset"
        few = self.count <= 1000
        if self.event == MOVE and not few:
            return None
        bound = MOVE_BOUND_MS if self.event == MOVE else DEAD_MS + (50 if few else 2000)
        figure = statistics.median(self.resets) if few else max(self.resets)
        return f"{'median' if few else 'last'} over {bound} ms" if figure > bound else None


def order_move(agent):
    """As casvipctl does it, without the time that a program takes to start. Returns when."""
    with socket.socket(socket.AF_UNIX) as control:
        control.connect(f"{agent.host.run_dir}/casvip.sock")
        at = time.monotonic_ns()
        control.sendall(b"move mail\n")
        control.settimeout(10)
        said = control.recv(4096)
    assert said.startswith(b"0 "), said
    return at


def resident_kb(agent):
    with open(f"/proc/{agent.process.pid}/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS:"))


def plan(counts):
    for event in EVENTS:
        for count in counts:
            yield Run("casvip", event, count)
        yield Run("casvip", event, 1000, tls=True)
        yield Run("keepalived", event, 1000)


def show(runs):
    print("\nmilliseconds from the event until the client's kernel reports the reset\n")
    print(f"{'':27}{'open':>7}{'min':>9}{'median':>10}{'p99':>10}{'last':>10}{'never':>7}"
          f"{'late':>7}{'worst ms':>9}{'RSS MB':>9}{'after':>7}")
    missed = 0
    for run in runs:
        verdict = run.missed()
        missed += verdict is not None
        words = f"{run.event}, {run.system}{' TLS' if run.tls else ''}"
        print(f"{words:27}{run.says()}{run.costs()}{f'  MISSED: {verdict}' if verdict else ''}")
    print("\nlate, worst ms: casvip's turns that came too late for a beat, and the worst one; RSS: the successor's")
    return missed


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("-c", "--connections", type=int, nargs="+", default=[1, 1000, 20000])
    counts = parser.parse_args().connections
    if os.geteuid():
        sys.exit("the bench makes network namespaces: run it as root")
    runs = []
    for run in plan(counts):
        runs.append(run.measure())
        print(f"{run.name}: {len(run.resets)} reset, {run.left} never"
              f"{f', median {statistics.median(run.resets):.1f} ms' if run.resets else ''}", flush=True)
    missed = show(runs)
    picture = os.path.join(os.environ["B"], "bench-clients.svg")
    draw_shares(picture, [run for run in runs if run.count >= 1000])
    print(f"\nwhich share of the connections was reset by when: {os.path.relpath(picture)}")
    sys.exit(1 if missed else 0)


main()
