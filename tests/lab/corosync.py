"""Real corosync daemons, one on each host of the lab, and a witness for two of them: corosync-qdevice and corosync-qnetd.

Each has its own /etc/corosync, /var/lib/corosync and /run; the times of totem are short, so that a case is."""
import pwd
import signal
import subprocess
import time

import agents
from host import run
from majority import Cluster
from promises import MS

FAST = {"token": 300, "token_coefficient": 0, "consensus": 100}
WITNESS = 8  # the number of the host that qnetd runs on
# Not in real time, corosync's default: those of all hosts share this machine's processors, and would hold up every agent
# in the lab for a second at a time.
CONF = """totem {{
    version: 2
    cluster_name: lab
    transport: knet
    crypto_model: openssl
    crypto_cipher: aes256
    crypto_hash: sha256
    keyfile: /etc/corosync/authkey
{totem}    interface {{
        linknumber: 0
        knet_ping_interval: 200
        knet_ping_timeout: 1000
    }}
}}
nodelist {{
{nodes}}}
quorum {{
    provider: corosync_votequorum
{quorum}}}
system {{
    sched_rr: no
    priority: max
    move_to_root_cgroup: no
}}
logging {{
    to_logfile: yes
    logfile: /var/log/corosync/corosync.log
    to_syslog: no
    timestamp: hires
}}
"""
DEVICE = """    device {{
        model: net
        votes: 1
{times}        net {{
            host: {host}
            algorithm: ffsplit
            tls: off
        }}
    }}
"""
MOUNTS = """set -e
for d in etc/corosync var/lib/corosync var/log/corosync; do
    mkdir -p {dir}/$d
    mount --bind {dir}/$d /$d
done
mkdir -p /run/lock /etc/corosync/uidgid.d /etc/corosync/qnetd /run/corosync-qdevice /run/corosync-qnetd
"""


def weighs(weight):
    """A case with corosyncs, which run before all else on this machine: each takes a fifth of a processor while words go
    round, and more than half of one while it waits for a device. Two such cases at once starve the devices."""
    def mark(case):
        case.weight = weight
        return case
    return mark


def quorum_user():
    """Whom casvipd starts casvip-quorum as, on this machine."""
    try:
        return pwd.getpwnam("casvip-quorum")
    except KeyError:
        return pwd.getpwnam("nobody")


def lines(settings, indent="    "):
    return "".join(f"{indent}{key}: {value}\n" for key, value in settings.items())


class Daemon:
    """A program on a host that can die, stop, and go on."""

    def __init__(self, host, *command):
        self.host, self.command = host, command
        self.process = None

    def start(self):
        self.process = self.host.spawn(*self.command)
        return self

    def kill(self):
        at = self.host.signal(signal.SIGKILL, self.command[0])
        self.process.wait()
        return at

    def stop(self):
        return self.host.signal(signal.SIGSTOP, self.command[0])

    def resume(self):
        return self.host.signal(signal.SIGCONT, self.command[0])


class Corosync:
    """The daemons of a cluster, quorate when they are up. `quorum` and `device` are further settings of those names; a
    `device` makes a cluster with a witness, on a host of its own."""

    def __init__(self, lab, totem=None, quorum=None, device=None, let_in=True, start=True):
        self.lab, self.let_in = lab, let_in
        self.witness = lab.add_host("qnetd", WITNESS) if device is not None else None
        self.text = self._conf(totem or FAST, quorum or {}, device)
        key = f"{lab.dir}/authkey"
        run("corosync-keygen", "-l", "-k", key)
        self.of, self.device = {}, {}
        for host in [*lab.nodes, *([self.witness] if self.witness else [])]:
            host.run("sh", "-c", MOUNTS.format(dir=host.dir))
        for host in lab.nodes:
            self._configure(host, key)
            self.of[host.name] = Daemon(host, "corosync", "-f")
            self.device[host.name] = Daemon(host, "corosync-qdevice", "-f")
        if self.witness:
            self.qnetd = Daemon(self.witness, "corosync-qnetd", "-f", "-s", "off", *(
                ("-S", "dpd_interval_coefficient=2.5") if device else ())).start()
        if start:
            self.start()

    def _conf(self, totem, quorum, device):
        nodes = "".join(f"    node {{\n        ring0_addr: {host.v4}\n        name: {host.name}\n        nodeid: "
                        f"{host.number}\n    }}\n" for host in self.lab.nodes)
        text = lines(quorum)
        if device is not None:
            text += DEVICE.format(times=lines(device, " " * 8), host=self.witness.v4)
        return CONF.format(totem=lines(totem), nodes=nodes, quorum=text)

    def _configure(self, host, key):
        user = quorum_user()
        etc = f"{host.dir}/etc/corosync"
        run("install", "-m", "400", key, f"{etc}/authkey")
        with open(f"{etc}/corosync.conf", "w") as file:
            file.write(self.text)
        if self.let_in:
            with open(f"{etc}/uidgid.d/casvip", "w") as file:
                file.write(f"uidgid {{\n    uid: {user.pw_name}\n    gid: {user.pw_gid}\n}}\n")

    def start(self):
        for name in self.of:
            self.of[name].start()
        self.lab.wait_for(lambda: all(map(self.answers, self.lab.nodes)), 20, "every corosync answers")
        if self.witness:
            for daemon in self.device.values():
                daemon.start()
        self.lab.wait_for(self.whole, 40, "every corosync is quorate with all of them")

    def answers(self, host):
        return host.run("corosync-cmapctl", "-g", "runtime.config.totem.token", check=False).returncode == 0

    def tool(self, host):
        """corosync-quorumtool as {key: value}."""
        try:
            said = host.run("corosync-quorumtool", "-s", check=False, timeout=3).stdout
        except subprocess.TimeoutExpired:  # it is stopped
            return {}
        return {line.split(":", 1)[0].strip(): line.split(":", 1)[1].strip()
                for line in said.splitlines() if ":" in line}

    def whole(self):
        votes = len(self.lab.nodes) + (self.witness is not None)
        said = [self.tool(host) for host in self.lab.nodes]
        return all(one.get("Quorate") == "Yes" and one.get("Total votes") == str(votes) and
                   one.get("Nodes") == str(len(self.lab.nodes)) for one in said)


def config(lab, **options):
    return agents.config(lab, **options).replace('provider = "none"', 'provider = "corosync"')


def ms(start, end):
    return (end - start) / MS


def gate(agent):
    """What this agent's status says of corosync."""
    status = agent.status()
    return (status or {}).get("corosync") or {}


class QuorumCluster(Cluster):
    """A settled cluster with a quorum by corosync, watched from both sides of a cut."""

    def __init__(self, lab, corosync=None, **watch):
        self.corosync = corosync or Corosync(lab)
        super().__init__(lab, text=config(lab), **watch)

    def gates_open(self):
        return all(gate(agent).get("gate") == "open" for agent in self.pair.agents.values())

    def failover_ms(self):
        """At the latest, as the owner's status says."""
        return gate(self.owner)["failover_ms"]

    def assert_let_go_before(self, taken, since):
        """The old owner's own line says that it let go since then, and it stands before the successor's."""
        line = self.lab.wait_log("event=role vip=mail from=ACTIVE to=BACKUP why=(no-quorum|stalled)", self.owner.host,
                                 since)
        assert line.at < taken.at, f"released {ms(taken.at, line.at):.1f} ms after {taken.host} had taken"

    def rest(self):
        """Everything as at the beginning, but for who owns the vip; who does becomes the owner."""
        self.lab.wait_for(self.corosync.whole, 120, "corosync is whole again")
        self.pair.settle(20)
        self.lab.wait_for(self.gates_open, 20, "every gate is open again")
        self.owner, self.backup = self.pair.owner(), self.pair.backup()
        self.answered_by(self.owner.host)
        self.lab.wait_for(lambda: self.eye_inside.who() == {self.owner.host.name}, 10, "the other client is answered")
        return time.monotonic_ns()

    def corosync_of(self, agent):
        return self.corosync.of[agent.host.name]

