"""The lab: a switch, hosts and a client as namespaces of one kernel; faults; a watch on what the client sees.

    with Lab("name") as lab:          # cas1, cas2 and client on one switch
        eye = lab.watch()             # who answers for the VIP, every 0.5 ms, from here on
        lab.cut(lab.node("cas1"))
        lab.wait_for(lambda: eye.who() == {"cas2"}, 3, "cas2 answers")

Nothing here sleeps and hopes: wait_for() waits for a condition, and tells all logs when it does not come."""
import atexit
import os
import re
import shutil
import signal
import sys
import tempfile
import time

from host import Host, run
from logs import Syslog
from samples import Eye

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
VIP, VIP6 = "192.0.2.50", "2001:db8:1::50"
VIP_CIDR, VIP6_CIDR = f"{VIP}/24", f"{VIP6}/64"
PORT = 7000
SANITIZER = re.compile(r"AddressSanitizer|LeakSanitizer|runtime error:|Assertion .* failed|stack smashing")


def build_dir():
    return os.path.abspath(os.environ.get("B") or f"{ROOT}/build")


class LabFailure(Exception):
    pass


LEAVE_ON = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def _leave(*_):
    """The first signal ends the lab; those that follow must not interrupt its clean-up."""
    for number in LEAVE_ON:
        signal.signal(number, signal.SIG_IGN)
    sys.exit(1)


class Lab:
    _count = 0

    def __init__(self, name="lab", nodes=("cas1", "cas2"), keep=False):
        Lab._count += 1
        self.name, self.keep, self.closed = name, keep, False
        self.build = build_dir()
        self.prefix = f"cv{os.getpid()}x{Lab._count}"
        self.switch = f"{self.prefix}-switch"
        self.dir = tempfile.mkdtemp(prefix=f"casvip-{name}-")
        os.chmod(self.dir, 0o755)
        self.hosts, self.eyes = {}, []
        self.syslog = Syslog()
        atexit.register(self.close)
        for number in LEAVE_ON:
            signal.signal(number, _leave)
        try:
            self._switch_up()
            for number, node in enumerate(nodes, 1):
                self._host(node, number)
            self._host("client", 9)
            for host in self.hosts.values():
                host.connect()
        except BaseException:
            self.close()
            raise
        self.nodes = [self.hosts[name] for name in nodes]
        self.client = self.hosts["client"]

    def _switch_up(self):
        run("ip", "netns", "add", self.switch)
        run("ip", "netns", "exec", self.switch, "sh", "-c",
            "echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6; ip link set lo up;"
            "ip link add br0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0; ip link set br0 up")

    def _host(self, name, number):
        host = self.hosts[name] = Host(self, name, number)
        self.syslog.add(host)
        return host

    def add_host(self, name, number):
        """One more machine on the switch: a stranger, a third node."""
        host = self._host(name, number)
        host.connect()
        return host

    def node(self, name):
        return self.hosts[name]

    def other(self, host):
        return next(node for node in self.nodes if node is not host)

    # -- faults

    def cut(self, host):
        """The switch forwards nothing from or to this host; its carrier stays. Returns when it was done."""
        at = time.monotonic_ns()
        run("ip", "netns", "exec", self.switch, "bridge", "link", "set", "dev", host.port, "state", "0")
        return at

    def heal(self, host):
        run("ip", "netns", "exec", self.switch, "bridge", "link", "set", "dev", host.port, "state", "3")
        return time.monotonic_ns()

    def switch_port(self, host, state):
        """The switch's end of the cable `up` or `down`: the host sees its carrier come or go."""
        run("ip", "-n", self.switch, "link", "set", host.port, state)

    def drop(self, host, direction, match):
        """Packets that match (nft words) are dropped on this host: `direction` is input or output."""
        host.run("nft", "-f", "-", text_in=f"""table inet lab_{direction} {{
            chain drops {{ type filter hook {direction} priority -300; {match} drop; }}
        }}\n""")

    def undrop(self, host, direction):
        host.run("nft", "delete", "table", "inet", f"lab_{direction}")

    # -- watching

    def watch(self, vip=VIP, **options):
        """Every node answers with its name from now on, and the client asks the VIP who it is."""
        for node in self.nodes:
            if not any("responder" in " ".join(map(str, p.args)) for p in node.processes):
                node.spawn("/run/build/tests/lab/responder", node.name, PORT)
        eye = Eye(self, vip, PORT, **options)
        self.eyes.append(eye)
        return eye

    def pause_watching(self):
        """The instruments stand still: a lab that waits for its turn takes no time from the others."""
        for eye in self.eyes:
            eye.signal(signal.SIGSTOP)

    def resume_watching(self):
        for eye in self.eyes:
            eye.signal(signal.SIGCONT)

    def wait_for(self, condition, deadline_s, what):
        """The condition's value as soon as it is true; else an error that tells what was waited for, and all logs."""
        end = time.monotonic() + deadline_s
        while True:
            value = condition()
            if value:
                return value
            if time.monotonic() > end:
                raise LabFailure(f"not within {deadline_s} s: {what}")
            time.sleep(0.01)

    def holds_for(self, condition, seconds, what):
        """The condition stays true for so long: for what must *not* happen."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not condition():
                raise LabFailure(f"within {seconds} s: no longer {what}")
            time.sleep(0.01)

    def wait_log(self, pattern, host=None, since=0, deadline_s=5):
        return self.wait_for(lambda: self.syslog.find(pattern, host, since), deadline_s,
                             f"log line {pattern!r}{' on ' + host.name if host else ''}")[0]

    def report(self, start=0):
        """Everything that helps to understand a failure."""
        out = []
        for host in self.hosts.values():
            lines = self.syslog.tail(host, 60)
            if lines:
                out.append(f"--- {host.name}: syslog")
                out += [f"{(line.at - start) / 1e9:9.3f}  {line.text}" for line in lines]
            for name in sorted(os.listdir(host.dir)):
                said = host.said(name[:-4]).splitlines() if name.endswith(".out") else []
                said = [line for line in said if " event=" not in line]  # those stand in the syslog already
                if said:
                    out += [f"--- {host.name}: {name}", *said[-40:]]
        return "\n".join(out)

    def sanitizer_findings(self):
        """What ASan, UBSan or an assertion said in any program of the lab."""
        return [f"{host.name}: {line}" for host in self.hosts.values() for name in os.listdir(host.dir)
                if name.endswith(".out") for line in host.said(name[:-4]).splitlines() if SANITIZER.search(line)]

    # -- the end

    def close(self):
        if self.closed:
            return
        self.closed = True
        atexit.unregister(self.close)
        for eye in self.eyes:
            eye.close()
        for host in self.hosts.values():
            host.close()
        run("ip", "netns", "del", self.switch, check=False)
        self.syslog.close()
        if not self.keep:
            shutil.rmtree(self.dir, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
