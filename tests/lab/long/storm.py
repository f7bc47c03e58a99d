"""Random faults, one after the other and several at once, of a cluster that is watched from both sides of each cut."""
import heapq
import itertools
import signal
import subprocess
import time
from collections import Counter

from cuts import both_ways
from promises import DEAD_MS, MS
from truth import LEASE_MS, STARTING_MS, Change, Truth

LONGEST_S = 1.8  # of a fault
REST_S = (0.8, 1.2)  # after the last of an episode has ended
KINDS = ("freeze", "kill", "cut", "mute", "deaf", "apart", "move")


class Fault:
    def __init__(self, kind, nodes):
        self.kind, self.nodes = kind, nodes

    def __str__(self):
        return f"{self.kind} {'+'.join(node.name for node in self.nodes)}"


class Storm:
    def __init__(self, cluster, random):
        self.lab, self.pair, self.cuts, self.inside = cluster.lab, cluster.pair, cluster.cuts, cluster.inside
        self.eye, self.random = cluster.eyes[0], random
        self.nodes = self.lab.nodes
        self.running, self.voting = set(self.nodes), set(self.nodes)
        self.active = []
        self.agenda, self.number = [], itertools.count()
        self.injected = Counter()
        self.orders = []
        self.truth = Truth(self.nodes)
        self._note(time.monotonic_ns(), time.monotonic_ns(), "start")

    def _note(self, begin, end, what):
        self.truth.note(Change(begin, end, what, self.running, self.voting, self.cuts))

    def _agent(self, node):
        return self.pair.agents[node.name]

    def _at(self, at, deed, *arguments):
        heapq.heappush(self.agenda, (at, next(self.number), deed, arguments))

    # -- what is drawn

    def _owner(self):
        """Who answered last."""
        return next((self.lab.node(name) for name in self.eye.who(300) if name in self.lab.hosts), None)

    def _draw(self):
        kind = self.random.choice(KINDS)
        owner = self._owner()
        victim = owner if owner and self.random.random() < 0.6 else self.random.choice(self.nodes)
        others = [node for node in self.nodes if node is not victim]
        if kind == "cut":
            return Fault(kind, [victim, *self.random.sample(others, self.random.randrange(len(others)))])
        if kind == "apart":
            return Fault(kind, [victim, self.random.choice(others)])
        if kind == "move":
            owner = owner or victim
            return Fault(kind, [owner, self.random.choice([n for n in self.nodes if n is not owner and n.name != "w"])])
        return Fault(kind, [victim])

    def draw_episode(self, start):
        """One fault, or some at once; the cluster rests afterwards. Returns when it is over."""
        over = start
        for number in range(self.random.choice((1, 1, 1, 2, 2, 3))):
            begin = start + int(self.random.uniform(0, 0.8) * 1e9) * (number > 0)
            end = begin + int(self.random.uniform(0.05, LONGEST_S) * 1e9)
            self._at(begin, self._begin, end)
            over = max(over, end)
        return over + int(self.random.uniform(*REST_S) * 1e9)

    # -- what is done

    def _begin(self, ends):
        fault = self._draw()
        process = fault.kind in ("freeze", "kill")
        if process and any(f.kind in ("freeze", "kill") and f.nodes == fault.nodes for f in self.active):
            return  # that agent is down already
        self.injected[fault.kind] += 1
        if fault.kind == "move":
            self._order(*fault.nodes)
            return
        self.active.append(fault)
        if process:
            self._signal(fault, signal.SIGSTOP if fault.kind == "freeze" else signal.SIGKILL)
        else:
            self._apply_cuts(f"{fault}")
        self._at(ends, self._end, fault)

    def _end(self, fault):
        self.active.remove(fault)
        if fault.kind == "freeze":
            self._signal(fault, signal.SIGCONT)
        elif fault.kind == "kill":
            self._restart(fault.nodes[0])
        else:
            self._apply_cuts(f"end of {fault}")

    def _signal(self, fault, number):
        process = self._agent(fault.nodes[0]).process
        begin = time.monotonic_ns()
        process.send_signal(number)
        if number == signal.SIGKILL:
            process.wait()
        if number == signal.SIGCONT:
            self.running.add(fault.nodes[0])
        else:
            self.running.discard(fault.nodes[0])
        self._note(begin, time.monotonic_ns(), f"end of {fault}" if number == signal.SIGCONT else f"{fault}")

    def _restart(self, node):
        begin = time.monotonic_ns()
        self._agent(node).start()
        self.running.add(node)
        self.voting.discard(node)
        end = time.monotonic_ns()
        self._note(begin, end, f"restart {node.name}")
        self._at(end + (STARTING_MS + DEAD_MS + LEASE_MS) * MS, self._votes, node, self._agent(node).process)

    def _votes(self, node, process):
        if self._agent(node).process is process and node in self.running:
            self.voting.add(node)
            self._note(time.monotonic_ns(), time.monotonic_ns(), f"{node.name} may vote")

    def _apply_cuts(self, what):
        apart = set()
        for fault in self.active:
            if fault.kind == "cut":
                inside = {*fault.nodes, self.inside}
                apart |= both_ways(inside, [host for host in self.lab.hosts.values() if host not in inside])
            elif fault.kind == "apart":
                apart |= both_ways(fault.nodes[:1], fault.nodes[1:])
        began, ended = self.cuts.apply(
            mute={node for fault in self.active if fault.kind == "mute" for node in fault.nodes},
            deaf={node for fault in self.active if fault.kind == "deaf" for node in fault.nodes}, apart=apart)
        self._note(began, ended, what)

    def _order(self, of, to):
        """An admin's order; it may well be refused."""
        self.orders = [order for order in self.orders if order.poll() is None]
        self.orders.append(subprocess.Popen(
            [f"{self.lab.build}/casvipctl", "-s", f"{of.run_dir}/casvip.sock", "move", "mail", to.name],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))

    def run_until(self, at):
        """Does what is due, sleeps until the next thing is."""
        while True:
            now = time.monotonic_ns()
            if self.agenda and self.agenda[0][0] <= now:
                _, _, deed, arguments = heapq.heappop(self.agenda)
                deed(*arguments)
            elif now >= at:
                return
            else:
                time.sleep((min(at, self.agenda[0][0] if self.agenda else at) - now) / 1e9)

    def ended_agents(self):
        """Those that ended although nobody killed them."""
        return [node.name for node in self.running if self._agent(node).process.poll() is not None]

    def close(self):
        for order in self.orders:
            order.kill()
            order.wait()
