"""The agents under test, one object a host: casvip, and keepalived as the yardstick."""
import base64
import json
import os
import re
import signal
import subprocess

from host import run
from lab import VIP, VIP6_CIDR, VIP_CIDR

KEY = base64.b64encode(bytes(range(32))).decode() + "\n"
OTHER_KEY = base64.b64encode(bytes(range(32, 64))).decode() + "\n"

OWA_CHECK = """check "owa" { type = "owa"  url = "https://mail.example.net/owa/healthcheck.htm"
        connect = "127.0.0.1:443"  ca_file = "/run/casvip/ca.pem" }
"""
RPC_CHECK = """check "rpc" { type = "rpc"  connect = "127.0.0.1:135"  interfaces = {"emsmdb"} }
"""


def often(check):
    """The same check at an interval that suits a case which waits for it."""
    return check.replace('connect =', 'interval = "300ms"  connect =')


def config(lab, checks="", vip_more="", heartbeat='interval = "100ms"', top="", addresses=(VIP_CIDR, VIP6_CIDR),
           nodes=None):
    """The one file for all nodes, as an admin would write it."""
    def listed(words):
        return "{" + ", ".join(f'"{word}"' for word in words) + "}"
    nodes = nodes or lab.nodes
    node_lines = "".join(f'node "{node.name}" {{ address = {{"{node.v4}"}} }}\n' for node in nodes)
    return f"""cluster = "lab"
key_file = "/run/casvip/cluster.key"
heartbeat {{ {heartbeat} }}
quorum {{ provider = "none" }}
{top}{node_lines}vip "mail" {{
    interface = "eth0"
    address = {listed(addresses)}
    prefer = {listed(node.name for node in nodes)}
    {vip_more}
    {checks}}}
"""


class Casvip:
    program = "/run/build/casvipd"

    def __init__(self, host, text, key=KEY):
        self.host, self.lab = host, host.lab
        self.configure(text)
        self.host.write("cluster.key", key, 0o600)
        self.process = None
        self.under = ()  # what starts it

    def configure(self, text):
        self.text = text
        self.host.write("casvip.conf", text)

    def start(self):
        self.process = self.host.spawn(*self.under, self.program, "-f", "/run/casvip/casvip.conf", "-d",
                                       name="casvipd")
        return self

    def daemon(self, *arguments):
        """casvipd run to its end: -t, --release."""
        return self.host.run("/run/build/casvipd", "-f", "/run/casvip/casvip.conf", *arguments, check=False)

    def ctl(self, *arguments, check=True):
        return run(f"{self.lab.build}/casvipctl", "-s", f"{self.host.run_dir}/casvip.sock", *arguments, check=check,
                   timeout=10)

    def status(self):
        """status --json as a dictionary, or None while nobody answers."""
        try:
            said = self.ctl("status", "--json", check=False)
        except subprocess.TimeoutExpired:
            return None
        return json.loads(said.stdout) if said.returncode == 0 else None

    def vip(self):
        status = self.status()
        return status["vips"][0] if status else {}

    def role(self):
        return self.vip().get("role")

    def check_states(self):
        return {check["name"]: check["state"] for check in self.vip().get("checks", [])}

    def counters(self):
        return dict(self.status()["counters"])

    def ready(self):
        """In its place, with every check up and the other nodes heard."""
        status = self.status()
        return bool(status and status["vips"][0]["role"] in ("ACTIVE", "BACKUP") and status["vips"][0]["fit"] and
                    all(check["state"] == "up" for check in status["vips"][0]["checks"]) and
                    all(peer["alive"] and peer["fit"] for peer in status["peers"]))

    def kill(self):
        """SIGKILL to the agent and every process of it. Returns when."""
        at = self.host.signal(signal.SIGKILL, "casvip")
        self.process.wait()
        return at

    def freeze(self):
        return self.host.signal(signal.SIGSTOP, "casvip")

    def thaw(self):
        return self.host.signal(signal.SIGCONT, "casvip")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(10)

    def reload(self):
        self.process.send_signal(signal.SIGHUP)


class Pair:
    """casvipd on every node with the same file, brought to where they all stand in their places."""

    def __init__(self, lab, text=None, start=True, **options):
        self.lab = lab
        self.text = text or config(lab, **options)
        self.agents = {node.name: Casvip(node, self.text) for node in lab.nodes}
        if start:
            self.start()

    def start(self):
        for agent in self.agents.values():
            agent.start()
        self.settle()

    def of(self, host):
        return self.agents[host.name]

    def active(self):
        """The agents that call themselves ACTIVE."""
        return [agent for agent in self.agents.values() if agent.role() == "ACTIVE"]

    def settled(self):
        return all(agent.ready() for agent in self.agents.values()) and len(self.active()) == 1

    def settle(self, deadline_s=10):
        self.lab.wait_for(self.settled, deadline_s, "one node ACTIVE, the others BACKUP, all fit and hearing each other")

    def owner(self):
        return self.active()[0]

    def backup(self):
        return next(agent for agent in self.agents.values() if agent.role() == "BACKUP")


KEEPALIVED = """global_defs {{
    router_id {name}
    vrrp_version 3
    script_user root
    enable_script_security
}}
{script}vrrp_instance mail {{
    state BACKUP
    nopreempt
    interface eth0
    virtual_router_id 50
    priority {priority}
    advert_int {interval}
    virtual_ipaddress {{ {vip}/24 }}
    {track}
}}
"""
OWA_PAGE = "https://127.0.0.1/owa/healthcheck.htm"
SCRIPT = """vrrp_script owa {
    script "/run/casvip/check-owa"
    interval 1
    fall 2
    rise 2
}
"""


class Keepalived:
    """keepalived as its manual sets it up: no preemption, and a script for the service where one is wanted."""

    def __init__(self, host, interval=1, script=False):
        self.host, self.lab = host, host.lab
        self.process = None
        host.write("check-owa", f"#!/bin/sh\nexec curl -fsk -o /dev/null --max-time 1 {OWA_PAGE}\n", 0o755)
        host.write("keepalived.conf", KEEPALIVED.format(
            name=host.name, priority=102 - host.number, interval=interval, vip=VIP,
            script=SCRIPT if script else "", track="track_script { owa }" if script else ""), 0o600)

    def start(self):
        for name in ("keepalived.pid", "vrrp.pid"):
            if os.path.exists(f"{self.host.run_dir}/{name}"):
                os.unlink(f"{self.host.run_dir}/{name}")
        self.process = self.host.spawn("keepalived", "-n", "-P", "-l", "-D", "-f", "/run/casvip/keepalived.conf",
                                       "-p", "/run/casvip/keepalived.pid", "-r", "/run/casvip/vrrp.pid")
        return self

    def state(self):
        """MASTER, BACKUP, FAULT, or "" before the first and after the end: what it said last, unless the address says
        that it is not done yet."""
        said = re.findall(r"Entering (\w+) STATE|^.*(Stopping|Starting VRRP child process)", self.host.said("keepalived"),
                          re.MULTILINE)
        state = said[-1][0] if said else ""
        return state if (state == "MASTER") == self.host.has(VIP) else ""
