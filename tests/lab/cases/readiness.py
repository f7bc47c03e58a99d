"""What a host lacks is told before it is needed: by -t, at the start, and by a reload that changes nothing."""
import os
import time

from agents import OWA_CHECK, Casvip, Pair, config
from lab import VIP, VIP6_CIDR
from promises import Watched, nothing_changes
from services import Owa

LOGS_ON = OWA_CHECK.replace("ca_file", 'credentials = "/run/casvip/probe.cred"  ca_file')


def tested(agent, *arguments):
    done = agent.daemon("-t", *arguments)
    assert done.returncode == 0 and not done.stderr, f"{done.returncode} {done.stderr}"
    return done.stdout


def case_files_that_the_checks_cannot_use_are_told_by_test_mode_and_at_the_start(lab):
    host = lab.nodes[0]
    agent = Casvip(host, config(lab, checks=LOGS_ON))
    said = tested(agent)
    assert "not ready here: credentials /run/casvip/probe.cred: No such file or directory\n" in said, said
    assert "not ready here: ca_file /run/casvip/ca.pem: No such file or directory\n" in said, said
    host.write("probe.cred", "user\npassword\n", 0o640)
    host.write("ca.pem", "what root and its group may read\n", 0o640)
    said = tested(agent)
    assert "credentials /run/casvip/probe.cred: group or others may use it: chmod 0600\n" in said, said
    assert "ca_file /run/casvip/ca.pem: the user of the checks (casvip-checks) cannot read it" in said, said
    since = time.monotonic_ns()
    agent.start()
    lab.wait_log("event=config state=not-ready .*probe.cred: group or others", host, since)
    lab.wait_log("event=config state=not-ready .*ca.pem: the user of the checks", host, since)
    lab.wait_for(lambda: agent.role() in ("BACKUP", "ACTIVE"), 5, "it goes on all the same")
    host.write("probe.cred", "user\npassword\n", 0o600)
    host.write("ca.pem", "everybody\n", 0o644)
    assert "not ready" not in tested(agent), tested(agent)
    agent.configure(agent.text.replace("/run/casvip/probe.cred", "probe"))
    assert "not tested here: credentials probe: a systemd credential" in tested(agent), tested(agent)


def case_a_reload_with_files_that_the_checks_cannot_use_is_refused_and_changes_nothing(lab):
    watched = Watched(lab)
    agent = watched.owner
    agent.host.write("ca.pem", "what root may read\n", 0o600)
    with nothing_changes(watched) as since:
        agent.configure(config(lab, checks=LOGS_ON))
        done = agent.ctl("reload", check=False)
        assert done.returncode == 1, done
        for words in ("credentials /run/casvip/probe.cred: No such file", "ca_file /run/casvip/ca.pem: the user of the"):
            assert words in done.stderr, done.stderr
        agent.reload()
        lab.wait_log("event=config state=refused words=.*ca.pem: .*; the running configuration stays", agent.host, since)
        assert agent.check_states() == {}, "the new checks run"
    lines = lab.syslog.find("event=config .*state=reloaded", agent.host, since)
    assert not lines, lines[0].text


def case_a_host_without_its_nodes_address_says_whose_it_has(lab):
    first, second = lab.nodes
    agent = Casvip(first, config(lab, addresses=(f"{VIP}/24", "198.51.100.9/24", VIP6_CIDR)))
    wrong = f"node {second.name} has address {second.v4}, which this host does not have; it has that of node {first.name}"
    said = tested(agent)
    assert f"its node {first.name}\n" in said and "does not have" not in said, said
    assert "remark: vip mail: 198.51.100.9 lies in no network of eth0\n" in said and VIP not in said, said
    assert f"not ready here: {wrong}\n" in tested(agent, "-n", second.name)
    agent.process = first.spawn("/run/build/casvipd", "-f", "/run/casvip/casvip.conf", "-n", second.name, name="casvipd")
    since = time.monotonic_ns()
    lab.wait_log(f"event=config state=not-ready words=.*{wrong}", first, since - 10 ** 9)


def case_a_peer_that_does_not_know_a_vip_is_no_successor_for_it(lab):
    pair = Pair(lab, start=False)
    here, there = (pair.of(node) for node in lab.nodes)
    here.configure(pair.text + pair.text[pair.text.index("vip "):].replace('"mail"', '"more"').replace(
        f'"{VIP}/24"', '"192.0.2.60/24"').replace(VIP6_CIDR, "2001:db8:1::60/64"))
    for agent in (here, there):
        agent.start()
    lab.wait_for(lambda: here.status() and here.status()["peers"][0]["alive"], 5, "the peer is heard")
    lab.wait_for(lambda: all(vip["role"] != "INIT" for vip in here.status()["vips"]), 5, "both vips have their place")
    assert not here.status()["peers"][0]["fit"], "fit for a vip that it does not know"
    screen = here.ctl("status").stdout
    assert f"peer {there.host.name}: ! alive, NOT FIT, CONFIGURATION DIFFERS" in screen, screen
    more = screen[screen.index("vip more"):]
    assert f"{there.host.name} does not know it" in more, screen
    assert "does not know it" not in screen[:screen.index("vip more")], screen


def case_the_firewall_is_suspected_only_when_one_way_lasts(lab):
    watched = Watched(lab)
    host = watched.backup.host
    with nothing_changes(watched, log_lines_max=16) as since:
        lab.drop(watched.owner.host, "input", "udp dport 7411")
        one_way = lab.wait_log("event=link .*state=one-way was=", host, since)
        assert "firewall" not in one_way.text, one_way.text
        hint = lab.wait_log("event=link .*state=one-way words=.*look for a firewall", host, since)
        assert hint.at - one_way.at >= 0.9e9, f"after {(hint.at - one_way.at) / 1e6:.0f} ms"
        lab.undrop(watched.owner.host, "input")
        lab.wait_for(watched.pair.settled, 10, "the pair is settled again")


def case_a_second_agent_ends_with_words_that_are_no_sensors(lab):
    agent = Casvip(lab.nodes[0], config(lab)).start()
    lab.wait_for(lambda: agent.role() in ("BACKUP", "ACTIVE"), 5, "the first one runs")
    since = time.monotonic_ns()
    done = agent.daemon("-s", "/run/casvip/casvip.sock")
    assert done.returncode == 1 and "another casvipd is running" in done.stderr, done
    lab.wait_log("event=started state=refused .*another casvipd is running", agent.host, since)


def case_a_service_manager_hears_why_it_does_not_start_and_the_journal_hears_it_once(lab):
    host = lab.nodes[0]
    agent = Casvip(host, config(lab).replace("prefer", "perfer"))
    host.write("manager.py", """import os, socket, subprocess
manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
manager.bind("/run/casvip/notify")
with open("/run/casvip/journal", "wb") as journal:
    what = os.fstat(journal.fileno())
    said = subprocess.run(["/run/build/casvipd", "-f", "/run/casvip/casvip.conf"], stderr=journal, env=dict(os.environ,
        NOTIFY_SOCKET="/run/casvip/notify", JOURNAL_STREAM=f"{what.st_dev}:{what.st_ino}"))
print(said.returncode, manager.recv(4096, socket.MSG_DONTWAIT).decode())
print(open("/run/casvip/journal").read())
""")
    since = time.monotonic_ns()
    status, journal = host.run("/usr/bin/python3", "/run/casvip/manager.py").stdout.split("\n", 1)
    assert status.startswith("2 STATUS=not started: event=config state=refused") and "perfer" in status, status
    assert not journal.strip(), journal
    lab.wait_log("event=config state=refused .*perfer", host, since)


def case_the_key_is_written_for_the_other_nodes_too(lab):
    agent = Casvip(lab.nodes[0], config(lab))
    path = f"{agent.host.run_dir}/new.key"
    done = agent.ctl("keygen", path)
    assert "written: copy it to the other nodes" in done.stdout and os.stat(path).st_mode & 0o777 == 0o600, done


def case_the_table_of_checks_holds_long_names(lab):
    host = lab.nodes[0]
    name = "a-check-with-a-rather-long-name-of-its-own"
    check = OWA_CHECK.replace('"owa" {', f'"{name}" {{', 1)
    agent = Casvip(host, config(lab, checks=check + OWA_CHECK))
    Owa(host)
    lines = host.run("/run/build/casvip-checks", "--once", "-f", "/run/casvip/casvip.conf", check=False).stdout.splitlines()
    assert agent and len(lines) == 3, lines
    at = lines[0].index("TYPE")
    assert all(line[at - 1] == " " and line[at] != " " for line in lines), lines
