"""The checks of the host itself against real plugins, processes, cables, gateways and name servers."""
import os
import shutil
import signal
import time

from agents import Casvip, config
from promises import LATE_MS, Watched
from services import Owa
from verdicts import Table, check, look

PLUGINS = "/usr/lib/nagios/plugins"
NAME = "outlook.example.net"
MISSING, FINE = ("down", "not-running"), ("up", "ok")
QUICK_NEIGHBOURS = ("net.ipv4.neigh.eth0.base_reachable_time_ms=1000", "net.ipv4.neigh.eth0.delay_first_probe_time=1")


def plugin(name, *command, more=""):
    return check("exec", name, "command = {" + ", ".join(f'"{word}"' for word in command) + "}  " + more)


def case_plugins_have_a_verdict_on_each_trouble(lab):
    host = lab.nodes[0]
    owa, table = Owa(host), Table(host)
    host.write("plain", "no program", 0o755)
    host.write("locked", "#!/bin/sh\n", 0o644)
    tcp = plugin("tcp", f"{PLUGINS}/check_tcp", "-H", "127.0.0.1", "-p", "443")
    load = plugin("load", f"{PLUGINS}/check_load", "-w", "900,900,900", "-c", "999,999,999")
    page = plugin("page", f"{PLUGINS}/check_http", "-H", "127.0.0.1", "-p", "80", "-u", "/owa/", "-e", "302")
    table.expect("nothing", {tcp: FINE, load: FINE, page: FINE})
    owa.answer_503(True)
    table.expect("wrong answer", {tcp: FINE, page: ("down", "critical")})
    owa.answer_503(False)
    owa.process.send_signal(signal.SIGSTOP)
    table.expect("frozen", {page: ("down", "timeout")})
    owa.process.send_signal(signal.SIGCONT)
    owa.kill()
    table.expect("killed", {tcp: ("down", "critical"), page: ("down", "critical")})
    table.expect("says so", {
        plugin("warning", f"{PLUGINS}/check_dummy", "1", "slow"): ("up", "warning"),
        plugin("strict", f"{PLUGINS}/check_dummy", "1", "slow", more='warning = "down"'): ("down", "warning"),
        plugin("critical", f"{PLUGINS}/check_dummy", "2"): ("down", "critical"),
        plugin("unknown", f"{PLUGINS}/check_dummy", "3"): ("unknown", "unknown")})
    table.expect("misbehaves", {
        plugin("hangs", "/usr/bin/sleep", "1000"): ("down", "timeout"),
        plugin("floods", "/usr/bin/yes"): ("down", "timeout"),
        plugin("children", "/bin/sh", "-c", "sleep 1000 & sleep 1000"): ("down", "timeout"),
        plugin("leftover", "/bin/sh", "-c", "sleep 1000 & echo fine"): FINE,
        plugin("signal", "/bin/sh", "-c", "kill -SEGV $$"): ("unknown", "signal-11"),
        plugin("missing", "/nonexistent/check_x"): ("unknown", "not-found"),
        plugin("plain", "/run/casvip/plain"): ("unknown", "not-executable"),
        plugin("locked", "/run/casvip/locked"): ("unknown", "not-executable"),
        plugin("privileged", "/bin/sh", "-c", "[ $(id -u) != 0 ] && grep -q 'NoNewPrivs:.1' /proc/self/status"): FINE})
    table.hold()
    lab.wait_for(lambda: not host.pids("yes") and len(host.pids("sleep")) == 1, 5, "no plugin is left")  # 1: the lab's


def case_plugins_of_a_killed_agent_die_with_it(lab):
    host = lab.nodes[0]
    agent = Casvip(host, config(lab, checks=plugin("slow", "/usr/bin/tail", "-f", "/dev/null").replace("700ms", "60s")))
    agent.start()
    lab.wait_for(lambda: host.pids("tail"), 5, "the plugin runs")
    agent.kill()
    lab.wait_for(lambda: not host.pids("tail"), 5, "the plugin is gone")


def case_files_have_a_verdict_on_each_trouble(lab):
    host, table = lab.nodes[0], Table(lab.nodes[0])
    present = check("file", "present", 'path = "/run/casvip/switch"')
    absent = check("file", "absent", 'path = "/run/casvip/switch"  expect = "absent"')
    fresh = check("file", "fresh", 'path = "/run/casvip/switch"  max_age = "10min"')
    table.expect("missing", {present: ("down", "absent"), absent: FINE, fresh: ("down", "absent")})
    switch = host.write("switch", "")
    table.expect("there", {present: FINE, absent: ("down", "present"), fresh: FINE})
    os.utime(switch, (time.time() - 1200,) * 2)
    table.expect("old", {present: FINE, absent: ("down", "present"), fresh: ("down", "stale-file")})
    host.run("mkdir", "-m", "700", "/run/casvip/closed")
    table.expect("not permitted", {check("file", "closed", 'path = "/run/casvip/closed/x"'):
                                   ("unknown", "not-permitted")})
    table.hold()


def case_processes_have_a_verdict_on_each_trouble(lab):
    host = lab.nodes[0]
    owa, table = Owa(host), Table(host)
    by_file = check("process", "by-file", 'pid_file = "/run/casvip/nginx.pid"')
    by_both = check("process", "by-both", 'pid_file = "/run/casvip/nginx.pid"  process = "nginx"')
    other = check("process", "other", 'pid_file = "/run/casvip/nginx.pid"  process = "haproxy"')
    name = f"cv-{os.getpid()}-{lab.prefix[-3:]}"[:15]  # other labs of this machine have an nginx, too
    by_name = check("process", "by-name", f'process = "{name}"')
    shutil.copy("/usr/bin/sleep", f"{host.run_dir}/{name}")
    sleeper = host.spawn(f"/run/casvip/{name}", "1000")
    lab.wait_for(lambda: host.pids(name), 5, "it runs")
    table.expect("nothing", {by_file: FINE, by_both: FINE, by_name: FINE, other: ("down", "other-process")})
    for process in (owa.process, sleeper):
        process.send_signal(signal.SIGSTOP)
    table.expect("frozen", {by_file: ("down", "stopped"), by_both: ("down", "stopped"), by_name: ("down", "stopped")})
    for process in (owa.process, sleeper):
        process.send_signal(signal.SIGCONT)
    table.expect("thawed", {by_file: FINE, by_both: FINE, by_name: FINE})
    for process in (owa.process, sleeper):
        process.send_signal(signal.SIGKILL)
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    table.expect("killed", {by_file: ("down", "zombie"), by_both: ("down", "zombie"), by_name: ("down", "zombie")})
    for process in (owa.process, sleeper):
        process.wait()
    table.expect("reaped", {by_file: MISSING, by_both: MISSING, by_name: MISSING})
    host.write("nginx.pid", "nginx\n")
    table.expect("bad pid file", {by_file: ("down", "bad-pid-file")})
    os.unlink(f"{host.run_dir}/nginx.pid")
    table.expect("no pid file", {by_file: ("down", "no-pid-file"), by_both: ("down", "no-pid-file")})
    table.hold()


def case_a_killed_process_moves_the_vip_whatever_the_interval(lab):
    services = {node.name: Owa(node) for node in lab.nodes}
    watched = Watched(lab, checks='check "nginx" { type = "process"  pid_file = "/run/casvip/nginx.pid"\n'
                      '        interval = "60s"  fast = "60s" }\n')
    since = time.monotonic_ns()
    services[watched.owner.host.name].kill()
    watched.wait_takeover(since, why="yielded")
    line = lab.wait_log("event=check .*check=nginx .*to=down", watched.owner.host, since)
    print(f"from SIGKILL to down: {(line.at - since) / 1e6:.1f} ms")
    watched.assert_dark_at_most(since, LATE_MS)
    watched.assert_one_answer(since)


def case_links_and_gateways_have_a_verdict_on_each_trouble(lab):
    host, gateway, table = lab.nodes[0], lab.client, Table(lab.nodes[0])
    link, none = check("link", "link", 'interface = "eth0"'), check("link", "none", 'interface = "eth7"')
    four = check("route", "four", f'gateway = "{gateway.v4}"')
    six = check("route", "six", f'gateway = "{gateway.v6}"  interface = "eth0"')
    host.run("sysctl", "-qw", *QUICK_NEIGHBOURS, *(word.replace("ipv4", "ipv6") for word in QUICK_NEIGHBOURS))
    table.expect("nothing", {
        link: FINE, none: ("down", "no-interface"), four: FINE, six: FINE,
        check("route", "elsewhere", 'gateway = "198.51.100.1"'): ("down", "no-route"),
        check("route", "self", f'gateway = "{host.v4}"'): ("down", "own-address")})
    lab.cut(gateway)
    lab.wait_for(lambda: all(found.verdict == "down" for found in look(host, four + six).values()), 10,
                 "the dead gateway is noticed")
    host.run("ip", "neigh", "flush", "dev", "eth0")
    table.expect("gateway cut off", {link: FINE, four: ("down", "timeout"), six: ("down", "timeout")})
    lab.heal(gateway)
    lab.wait_for(lambda: all(found.verdict == "up" for found in look(host, four + six).values()), 10,
                 "the gateway answers again")
    lab.switch_port(host, "down")
    lab.wait_for(lambda: "LOWER_UP" not in host.run("ip", "link", "show", "eth0").stdout, 5, "no carrier")
    table.expect("cable out", {link: ("down", "no-carrier")})
    lab.switch_port(host, "up")
    lab.wait_for(lambda: "LOWER_UP" in host.run("ip", "link", "show", "eth0").stdout, 5, "a carrier")
    table.expect("cable in", {link: FINE})
    host.run("ip", "link", "set", "eth0", "down")
    table.expect("switched off", {link: ("down", "off")})
    table.hold()


class NameServer:
    """dnsmasq with these records, for as long as the `with` lasts."""

    def __init__(self, host, *records):
        self.process = host.spawn("dnsmasq", "-k", "-C", "/dev/null", "-p", "53", "--listen-address=127.0.0.1",
                                  "--bind-interfaces", "-R", "-h", "--user=root", "--pid-file=",
                                  "--local=/example.net/", *records)
        host.lab.wait_for(lambda: ":53 " in host.run("ss", "-Hlun").stdout, 5, "dnsmasq listens")

    def __enter__(self):
        return self.process

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def case_names_have_a_verdict_on_each_trouble(lab):
    host, table = lab.nodes[0], Table(lab.nodes[0])
    right = check("dns", "right", f'name = "{NAME}"  server = "127.0.0.1:53"')
    both = f"--host-record={NAME},192.0.2.50,2001:db8:1::50"
    with NameServer(host, both, f"--cname=alias.example.net,{NAME}") as server:
        table.expect("nothing", {
            right: FINE, check("dns", "alias", 'name = "alias.example.net"  server = "127.0.0.1:53"'): FINE,
            check("dns", "four", f'name = "{NAME}"  server = "127.0.0.1:53"  expect_address = {{"192.0.2.50"}}'):
                ("down", "other-address"),
            check("dns", "nobody", 'name = "nobody.example.net"  server = "127.0.0.1:53"'): ("down", "no-name"),
            check("dns", "foreign", 'name = "example.org"  server = "127.0.0.1:53"'): ("down", "rcode")})
        server.send_signal(signal.SIGSTOP)
        table.expect("frozen", {right: ("down", "timeout")})
        server.send_signal(signal.SIGCONT)
    table.expect("killed", {right: ("down", "refused")})
    with NameServer(host, f"--host-record={NAME},192.0.2.1,2001:db8:1::50"):
        table.expect("the old server's address", {right: ("down", "other-address")})
    with NameServer(host, f"--host-record={NAME},192.0.2.50"):
        table.expect("IPv6 forgotten", {right: ("down", "missing-address")})
    with NameServer(host, *(f"--host-record={NAME},2001:db8:1::{number:x}" for number in range(50, 90)), both):
        table.expect("too many", {right: ("down", "truncated")})
    table.hold()
