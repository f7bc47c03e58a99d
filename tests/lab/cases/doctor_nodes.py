"""casvipctl doctor: what is wrong between the nodes, or with the agent itself, is found where it shows."""
import json
import signal
import time

from agents import OTHER_KEY, Casvip, Pair, config
from cases.links import two_links
from doctor import CALM, COMMAND, examined, found, ids, only, until_found
from promises import MS

LESS = "-bpf,-sys_admin"
# A datagram in a format that nobody has yet, again and again, from the port that the agent of this host has.
ANOTHER_FORMAT = """import socket, struct, time
payload = b"\\x09" + bytes(100)
out = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)
while True:
    out.sendto(struct.pack("!HHHH", 7411, 7411, 8 + len(payload), 0) + payload, ("{address}", 0))
    time.sleep(0.02)
"""
HOLDS_THE_PORT = """import signal, socket
port = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
port.bind(("{address}", 7411))
print("bound", flush=True)
signal.pause()
"""


def two_agents(lab, change=None, key=None, heartbeat=CALM):
    """Running, the second one with its file or its key changed."""
    here, there = (Casvip(node, config(lab, heartbeat=heartbeat)) for node in lab.nodes)
    if change:
        there.configure(change(there.text))
    if key:
        there.host.write("cluster.key", key, 0o600)
    for agent in (here, there):
        agent.start()
    lab.wait_for(lambda: here.role() and there.role(), 10, "both agents answer")
    return here, there


def case_doctor_finds_another_key(lab):
    here, there = two_agents(lab, key=OTHER_KEY)
    for agent, peer in ((here, there), (there, here)):
        until_found(agent, "key-differs", f"{peer.host.name} has another cluster key",
                    f"scp -p /run/casvip/cluster.key {peer.host.name}:/run/casvip/cluster.key")


def case_doctor_finds_another_configuration(lab):
    here, there = two_agents(lab, lambda text: text.replace("prefer =", 'failback = "auto"  prefer ='))
    for agent, peer in ((here, there), (there, here)):
        until_found(agent, "config-differs", f"{peer.host.name} runs another configuration")


def case_doctor_finds_nodes_in_another_order(lab):
    def swapped(text):
        lines = text.splitlines(keepends=True)
        nodes = [i for i, line in enumerate(lines) if line.startswith("node ")]
        lines[nodes[0]], lines[nodes[1]] = lines[nodes[1]], lines[nodes[0]]
        return "".join(lines)
    for agent in two_agents(lab, swapped, heartbeat='interval = "100ms"'):
        until_found(agent, "nodes-differ", "meant for another node", "their order too")


def case_doctor_finds_another_cluster_on_the_same_port(lab):
    for agent in two_agents(lab, lambda text: text.replace('"lab"', '"other"'), heartbeat='interval = "100ms"'):
        until_found(agent, "other-cluster", "refused_wrong-cluster grew", "heartbeat { port = ")


def case_doctor_finds_another_version(lab):
    here, there = two_agents(lab)
    there.host.spawn("python3", "-c", ANOTHER_FORMAT.format(address=here.host.v4), name="format")
    until_found(here, "version-differs", "refused_version-unknown grew", "casvipd --version")


def case_doctor_finds_a_dead_link_of_two(lab):
    pair = Pair(lab, text=two_links(lab).replace('interval = "100ms"', CALM))
    here, there = (pair.of(node) for node in lab.nodes)
    lab.drop(there.host, "output", f"ip saddr {there.host.v4} udp dport 7411")
    until_found(here, "link-down", f"one of the links to {there.host.name}", f"ip saddr {there.host.v4}")
    assert "peer-silent" not in ids(examined(here)), "the other link is up"


def case_doctor_finds_who_has_the_port_of_the_heartbeats(lab):
    here = Casvip(lab.nodes[0], config(lab, heartbeat=CALM))
    here.host.spawn("python3", "-c", HOLDS_THE_PORT.format(address=here.host.v4), name="holder")
    lab.wait_for(lambda: here.host.said("holder"), 10, "somebody else has the port")
    here.start()
    lab.wait_for(here.role, 10, "the agent answers")
    until_found(here, "link-no-port", f"its heartbeat link to {lab.nodes[1].name}", "ss -lunp 'sport = 7411'")


def case_doctor_finds_that_somebody_unheard_has_the_vip(lab):
    pair = Pair(lab, heartbeat=CALM)
    backup = pair.backup()
    lab.drop(backup.host, "input", "udp dport 7411")
    until_found(backup, "suspect", "somebody answers for vip mail", "look for a firewall between the nodes")


def case_doctor_finds_a_node_that_may_not_own(lab):
    pair = Pair(lab, heartbeat=CALM)
    owner, backup = pair.owner(), pair.backup()
    backup.ctl("standby")
    until_found(backup, "self-unfit", "this node may not own vip mail", "casvipctl online")
    until_found(owner, "peer-unfit", f"{backup.host.name} could not take over now", "NOT FIT")


def case_doctor_finds_an_agent_without_a_fence(lab):
    agent = Casvip(lab.nodes[0], config(lab, heartbeat=CALM))
    agent.under = ("setpriv", "--bounding-set", LESS, "--inh-caps", LESS)
    agent.host.run("sh", "-c", "echo 1 >/proc/sys/net/ipv4/conf/eth0/arp_notify")
    agent.start()
    lab.wait_for(agent.role, 10, "the agent answers")
    found(agent, "fence-absent", "the kernel does not guard the vips", "casvipctl status: fence absent")
    found(agent, "no-capability", "does not have", "CAP_BPF")
    found(agent, "arp-notify", "arp_notify is 1 on eth0, and no fence stops that", "arp_notify=0")


def case_doctor_finds_what_keeps_the_fence_out(lab):
    agent = Casvip(lab.nodes[0], config(lab, heartbeat=CALM))
    agent.host.run("sh", "-c", "tc qdisc add dev eth0 clsact; tc filter add dev eth0 ingress prio 1 protocol ip u32 "
                   "match ip dst 198.51.100.1 flowid 1:1")
    agent.start()
    lab.wait_log("event=fence interface=eth0 state=failed", agent.host)
    until_found(agent, "fence-broken", "another tc filter of priority 1", "tc filter show dev INTERFACE ingress")


def case_doctor_finds_an_agent_that_comes_late(lab):
    agent = Casvip(lab.nodes[0], config(lab)).start()
    lab.wait_for(agent.role, 10, "the agent answers")
    look = agent.host.spawn(*COMMAND, "-w", "2", name="look")
    while look.poll() is None:
        at = agent.host.signal(signal.SIGSTOP, "casvipd")
        lab.wait_for(lambda: time.monotonic_ns() - at > 400 * MS, 5, "it has missed some turns")
        agent.host.signal(signal.SIGCONT, "casvipd")
        lab.wait_for(agent.role, 10, "it has its turn again")
    only(json.loads(agent.host.said("look"))["findings"], "beats-late", "beats_late grew from", "dead_after = 5")
