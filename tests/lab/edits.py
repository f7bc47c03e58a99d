"""Random edits of the file of a running pair, valid and invalid, and what must hold after each of them.

Two vips are never edited; a client watches them all the time. The others come, go and change, on two interfaces, with
nodes, links and keys. What is configured is kept here too, and compared with what the hosts really have."""
import json
import os
import random
import re
import time

from agents import KEY, OTHER_KEY, Casvip
from host import run
from lab import VIP, LabFailure
from promises import MS

FILE = "/run/casvip/casvip.conf"
STILL = {"mail": VIP, "files": "192.0.2.51"}  # the vips that nobody edits
POOL = [f"192.0.2.{last}" for last in range(100, 140)]
VIPS_MOST, ADDRESSES_MOST, CHECKS_MOST = 8, 3, 4
SETTLED_S = 10
# What is spoilt, how, and a word of the line that the finding must name.
BAD = (("interface =", "interfac =", "interfac"), ("prefer =", "perfer =", "perfer"), ("/24", "/99", "/99"),
       ('interval = "5s"', 'interval = "5 parsecs"', "parsecs"), ('type = "file"', 'type = "fille"', "fille"),
       ('address = {"192.0.2.50', 'address = {"192.0.2.500', "192.0.2.500"), ('vip "', 'vipp "', "vipp"))
# What is good, and takes a restart; a word of what is said.
RESTARTS = (('interval = "100ms"', 'interval = "200ms"', "interval"), ('cluster = "lab"', 'cluster = "bal"', "cluster"),
            ("port = 7411", "port = 7412", "port"), ('node "cas1"', 'node "cas9"', "cas9"))


def check(name, interval_s):
    return f'    check "{name}" {{ type = "file"  path = "{FILE}"  interval = "{interval_s}s"  damp = false }}\n'


class File:
    """The configuration that all nodes are to have."""

    def __init__(self, lab, draw):
        self.lab, self.draw = lab, draw
        self.vips = {}  # name: {"addresses", "checks", "interface", "announce"}
        self.order = list(STILL)
        self.links, self.third, self.keys, self.named = 1, False, [KEY], 0
        for _ in range(3):
            self.add_vip()

    # -- edits: each does something, or returns False

    def free(self):
        used = {address for vip in self.vips.values() for address in vip["addresses"]}
        return self.draw.choice([address for address in POOL if address not in used])

    def some_vip(self, condition=lambda vip: True):
        names = [name for name, vip in self.vips.items() if condition(vip)]
        return self.vips[self.draw.choice(names)] if names else None

    def add_vip(self):
        if len(self.vips) >= VIPS_MOST:
            return False
        self.named += 1
        name = f"v{self.named}"
        self.vips[name] = {"addresses": [self.free()], "checks": {}, "interface": "eth0", "announce": 60}
        self.order.insert(self.draw.randrange(len(self.order) + 1), name)

    def remove_vip(self):
        if not self.vips:
            return False
        name = self.draw.choice(sorted(self.vips))
        del self.vips[name]
        self.order.remove(name)

    def replace_vip(self):
        """Another vip has its address from now on."""
        if not self.vips:
            return False
        old = self.draw.choice(sorted(self.vips))
        self.named += 1
        self.vips[f"v{self.named}"] = self.vips.pop(old)
        self.order[self.order.index(old)] = f"v{self.named}"

    def add_address(self):
        vip = self.some_vip(lambda vip: len(vip["addresses"]) < ADDRESSES_MOST)
        if not vip:
            return False
        vip["addresses"].append(self.free())

    def remove_address(self):
        vip = self.some_vip(lambda vip: len(vip["addresses"]) > 1)
        if not vip:
            return False
        vip["addresses"].remove(self.draw.choice(vip["addresses"]))

    def pass_address(self):
        giver = self.some_vip(lambda vip: len(vip["addresses"]) > 1)
        taker = self.some_vip(lambda vip: len(vip["addresses"]) < ADDRESSES_MOST and vip is not giver)
        if not giver or not taker:
            return False
        taker["addresses"].append(giver["addresses"].pop())

    def edit_check(self):
        vip = self.some_vip()
        if not vip:
            return False
        name = f"c{self.draw.randrange(CHECKS_MOST)}"
        if name in vip["checks"] and self.draw.random() < 0.5:
            del vip["checks"][name]
        else:
            vip["checks"][name] = self.draw.randint(4, 9)

    def change_interface(self):
        vip = self.some_vip()
        if not vip:
            return False
        vip["interface"] = "eth1" if vip["interface"] == "eth0" else "eth0"

    def change_setting(self):
        vip = self.some_vip()
        if not vip:
            return False
        vip["announce"] = self.draw.randint(10, 90)

    def shuffle(self):
        self.draw.shuffle(self.order)

    def change_links(self):
        self.links = 3 - self.links

    def change_nodes(self):
        self.third = not self.third

    def change_keys(self):
        self.keys = [KEY, OTHER_KEY] if len(self.keys) == 1 else [KEY]

    EDITS = ("add_vip", "add_vip", "remove_vip", "remove_vip", "replace_vip", "add_address", "remove_address",
             "pass_address", "edit_check", "edit_check", "change_interface", "change_setting", "shuffle",
             "change_links", "change_nodes", "change_keys")

    def edit(self):
        """Names what was done."""
        while True:
            name = self.draw.choice(self.EDITS)
            if getattr(self, name)() is not False:
                return name

    # -- the file

    def _vip(self, name):
        vip = self.vips.get(name) or {"addresses": [STILL[name]], "checks": {"still": 5}, "interface": "eth0",
                                      "announce": 60}
        addresses = ", ".join(f'"{address}/24"' for address in vip["addresses"])
        checks = "".join(check(*one) for one in sorted(vip["checks"].items()))
        return (f'vip "{name}" {{\n    interface = "{vip["interface"]}"\n    address = {{{addresses}}}\n'
                f'    prefer = {{"cas1", "cas2"}}\n    announce_every = "{vip["announce"]}s"\n{checks}}}\n')

    def text(self):
        nodes = "".join(f'node "cas{number}" {{ address = {{"192.0.2.{number}"' +
                        f', "198.51.100.{number}"' * (self.links - 1) + '} }\n'
                        for number in range(1, 4 if self.third else 3))
        return ('cluster = "lab"\nkey_file = "/run/casvip/cluster.key"\n'
                'heartbeat { interval = "100ms"  port = 7411 }\n' + nodes +
                "".join(self._vip(name) for name in self.order))

    def wanted(self):
        """{name: {(interface, address)}} of every vip."""
        found = {name: {("eth0", address)} for name, address in STILL.items()}
        for name, vip in self.vips.items():
            found[name] = {(vip["interface"], address) for address in vip["addresses"]}
        return found


def second_interface(host):
    """eth1, on the same switch; each interface answers for its own addresses alone, so that a MAC is a host."""
    run("ip", "-n", host.lab.switch, "link", "add", f"q-{host.name}", "type", "veth", "peer", "name", "eth1", "netns",
        host.ns)
    run("ip", "-n", host.lab.switch, "link", "set", f"q-{host.name}", "master", "br0", "up")
    host.run("sysctl", "-q", "net.ipv4.conf.all.arp_ignore=1")
    host.run("ip", "link", "set", "eth1", "up")


class Process:
    """casvipd of a host, as the kernel sees it."""

    def __init__(self, agent):
        self.agent, self.host = agent, agent.host
        self.pid = agent.status()["pid"]

    def files(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def rss_kib(self):
        with open(f"/proc/{self.pid}/status") as file:
            return int(re.search(r"VmRSS:\s+(\d+)", file.read())[1])

    def guarded(self):
        """The addresses in its fence."""
        for fd in os.listdir(f"/proc/{self.pid}/fdinfo"):
            try:
                with open(f"/proc/{self.pid}/fdinfo/{fd}") as file:
                    said = file.read()
            except FileNotFoundError:
                continue
            found = re.search(r"map_type:\s+1\n(?:.*\n)*?map_id:\s+(\d+)", said)
            if found:
                dump = json.loads(run("bpftool", "-j", "map", "dump", "id", found[1]).stdout)
                return {".".join(str(int(byte, 16)) for byte in entry["key"][-4:]) for entry in dump}
        raise LabFailure("no fence")

    def addresses(self):
        """{(interface, address)} of the vips here."""
        said = run("ip", "-n", self.host.ns, "-o", "-4", "addr", "show").stdout
        return {found for found in re.findall(r"\d+: (\w+)\s+inet ([0-9.]+)/", said)
                if found[1] in POOL or found[1] in STILL.values()}


class Torture:
    def __init__(self, lab, seed):
        self.lab, self.draw = lab, random.Random(seed)
        for node in lab.nodes:
            second_interface(node)
            node.run("ip", "addr", "add", f"198.51.100.{node.number}/24", "dev", "eth0")
        self.file = File(lab, self.draw)
        self.agents = [Casvip(node, self.file.text()).start() for node in lab.nodes]
        self.words = "before the first edit"
        lab.wait_for(self.settled, SETTLED_S, "every vip has one owner")
        self.eyes = {name: lab.watch(vip, interval_us=2000) for name, vip in STILL.items()}
        self.owner = {name: self.owners()[name][0].host.name for name in STILL}
        lab.wait_for(lambda: all(eye.who() == {self.owner[name]} for name, eye in self.eyes.items()), SETTLED_S,
                     "their owners answer")
        self.processes = [Process(agent) for agent in self.agents]
        self.before = self.still()
        self.since = self.seen = time.monotonic_ns()
        self.dark_ms, self.done, self.refused = 0, {}, 0

    # -- what is

    def owners(self):
        owners = {}
        for agent in self.agents:
            for vip in (agent.status() or {"vips": []})["vips"]:
                owners.setdefault(vip["name"], [])
                owners[vip["name"]] += [agent] * (vip["role"] == "ACTIVE")
        return owners

    def still(self):
        return sorted((agent.host.name, vip["name"], vip["role"], vip["term"]) for agent in self.agents
                      for vip in agent.status()["vips"] if vip["name"] in STILL)

    def settled(self):
        statuses = [agent.status() for agent in self.agents]
        wanted = self.file.wanted()
        return all(statuses) and all(
            {vip["name"] for vip in status["vips"]} == set(wanted) and all(vip["fit"] for vip in status["vips"]) and
            status["peers"][0]["config_matches"] and
            all(link["state"] == "up" for link in status["peers"][0]["links"]) for status in statuses) and \
            all(len(owners) == 1 for owners in self.owners().values())

    def exact(self):
        """The hosts have exactly what is configured; "" or what differs."""
        wanted, owners = self.file.wanted(), self.owners()
        everything = {address for each in wanted.values() for _, address in each}
        for process in self.processes:
            mine = set().union(*(wanted[name] for name, those in owners.items() if process.agent in those))
            if process.addresses() != mine:
                return f"{process.host.name} has {process.addresses()}, not {mine}"
            if process.guarded() != everything:
                return f"the fence of {process.host.name} guards {process.guarded()}, not {everything}"
        return ""

    # -- edits

    def _reload(self, agent, text):
        """The exit status and what was said; by a signal before, too, now and then."""
        agent.configure(text)
        agent.host.write("cluster.key", "".join(self.file.keys), 0o600)
        if self.draw.random() < 0.3:
            agent.reload()
        done = agent.ctl("reload", check=False)
        return done.returncode, done.stdout + done.stderr

    def spoil(self):
        old, new, word = self.draw.choice([bad for bad in BAD + RESTARTS if bad[0] in self.file.text()])
        places = [found.start() for found in re.finditer(re.escape(old), self.file.text())]
        at = self.draw.choice(places)
        text = self.file.text()
        text = text[:at] + new + text[at + len(old):]
        self.words = f"{old!r} becomes {new!r}"
        for agent in self.agents:
            code, said = self._reload(agent, text)
            assert code, f"{self.words}: accepted"
            if (old, new, word) in RESTARTS and 'prefer = {"cas1"' not in old:
                named = word in said
            else:
                line = text[:at].count("\n") + 1
                named = f"{FILE}:{line}:" in said
            assert named or word == "cas9", f"{self.words}: its place is not in {said!r}"
            agent.configure(self.file.text())
        self.refused += 1

    def edit(self):
        self.words = self.file.edit()
        text = self.file.text()
        for agent in self.draw.sample(self.agents, 2):
            code, said = self._reload(agent, text)
            assert not code, f"{self.words}: refused: {said}"
        self.lab.wait_for(self.settled, SETTLED_S, f"{self.words}: every vip has one owner")
        self.lab.wait_for(lambda: not self.exact(), SETTLED_S, f"{self.words}: {self.exact()}")
        self.done[self.words] = self.done.get(self.words, 0) + 1

    def step(self):
        if self.draw.random() < 0.3:
            self.spoil()
        else:
            self.edit()
        self.look()

    def look(self):
        """At the vips that nobody edits, since the last look."""
        now = time.monotonic_ns()
        for name, eye in self.eyes.items():
            view = eye.view(self.seen - 50 * MS, now)
            assert view.answerers <= {self.owner[name]}, f"{self.words}: {view.answerers} answer for {name}"
            self.dark_ms = max(self.dark_ms, view.dark_ms)
        self.seen = now
        assert self.still() == self.before, f"{self.words}: {self.before} became {self.still()}"
        moved = [line for name in STILL for line in self.lab.syslog.find(f"event=role vip={name}", since=self.since)]
        assert not moved, f"{self.words}: {moved[0].text}"

    def rest(self):
        """Everything that was edited goes. What is left is always the same: the descriptors and the memory of each
        casvipd then."""
        self.file.vips, self.file.order = {}, list(STILL)
        self.file.links, self.file.third, self.file.keys = 1, False, [KEY]
        self.words = "all edits undone"
        for agent in self.agents:
            code, said = self._reload(agent, self.file.text())
            assert not code, said
        self.lab.wait_for(self.settled, SETTLED_S, self.words)
        self.lab.wait_for(lambda: not self.exact(), SETTLED_S, f"{self.words}: {self.exact()}")
        self.lab.wait_for(lambda: all(check["state"] == "up" for agent in self.agents
                                      for vip in agent.status()["vips"] for check in vip["checks"]), SETTLED_S,
                          "all checks are up")
        return [(process.files(), process.rss_kib()) for process in self.processes]
