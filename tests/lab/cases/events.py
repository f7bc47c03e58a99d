"""Who follows an agent's events is told each of them, and an agent waits for nobody who follows it."""
import json
import os
import pwd
import re
import signal
import socket
import time

from agents import Pair, config
from cases.log import LEASE_MS, worst_gap_ms
from lab import ROOT
from wire import Tap

FOLLOWERS_MAX = 8


class Follower:
    """What an agent tells, from the event of that number on; it reads only when it is asked what came."""

    def __init__(self, agent, since="0"):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(f"{agent.host.run_dir}/casvip.sock")
        self.socket.sendall(f"follow {since}\n".encode())
        self.socket.setblocking(False)
        self.text, self.ended = b"", False

    def events(self):
        try:
            while not self.ended:
                got = self.socket.recv(65536)
                self.text += got
                self.ended = not got
        except BlockingIOError:
            pass
        whole = self.text[:self.text.rfind(b"\n") + 1]
        return [json.loads(line) for line in whole.splitlines() if line.startswith(b"{")]

    def close(self):
        self.socket.close()


def case_a_follower_is_told_each_event_once_in_order_with_its_line_and_fields(lab):
    pair = Pair(lab)
    owner, backup = pair.owner(), pair.backup()
    follower = Follower(backup)
    owner.ctl("move", "mail")
    taken = lab.wait_for(lambda: [e for e in follower.events() if e["fields"].get("to") == "ACTIVE"], 5,
                         "the event of the takeover")[0]
    assert (taken["event"], taken["severity"], taken["node"]) == ("role", "notice", backup.host.name), taken
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", taken["time"]), taken
    assert taken["fields"]["vip"] == "mail" and taken["fields"]["why"] == "yielded", taken
    assert taken["line"] == re.sub(r"^\S+ ", "", lab.wait_log("event=role .*to=ACTIVE", backup.host).text), taken
    events = follower.events()
    assert events[0]["event"] != "role" and events[0]["seq"] == 1, events[0]
    assert [e["seq"] for e in events] == list(range(1, len(events) + 1)), events
    later = Follower(backup, f"{taken['seq'] - 1} {taken['session']}")
    lab.wait_for(lambda: later.events()[:1] == [taken], 5, "the takeover again, and nothing from before it")
    stale = Follower(backup, f"{taken['seq']} {'0' * 15}1")  # that number is another run's: it says nothing
    lab.wait_for(lambda: stale.events()[:1] == events[:1], 5, "all from the beginning")


def case_followers_that_do_not_read_cost_no_beat_and_lose_their_place(lab):
    pair = Pair(lab)
    owner = pair.owner()
    tap = Tap(lab, owner.host)
    stuck = [Follower(owner) for _ in range(FOLLOWERS_MAX)]
    refused = Follower(owner)
    lab.wait_for(lambda: not refused.events() and refused.ended, 5, "one too many is refused")
    assert b"follow the events already" in refused.text, refused.text
    done = []

    def more_to_tell():
        done.append(pair.active()[0].ctl("move", "mail", check=False).returncode)
        return owner.counters()["ctl_unfollowed"] == FOLLOWERS_MAX

    lab.wait_for(more_to_tell, 60, "every follower that does not read has lost its place")
    reads = Follower(owner)
    lab.wait_for(lambda: reads.events()[-1:] and "seq" in reads.events()[-1], 5, "who reads has a place again")
    gap = worst_gap_ms(tap.beats(), owner.host)
    assert gap < LEASE_MS, f"{owner.host.name} sent no beat for {gap:.0f} ms"
    assert not any(done), "an order was not carried out meanwhile"
    for follower in stuck:
        assert follower.events() and follower.ended


HOOK = """#!/bin/sh
read line
echo "$CASVIP_HOOK $CASVIP_EVENT $CASVIP_VIP $CASVIP_FROM $CASVIP_TO $CASVIP_WHY $CASVIP_NODE $line" >>/run/casvip/hooked
"""


class Keeper:
    """casvip-events on a host, with a journal in a directory of the host's own."""

    def __init__(self, agent, user=None):
        self.agent, self.host, self.lab = agent, agent.host, agent.host.lab
        self.more = ("-u", user) if user else ()
        self.journal = f"{self.host.run_dir}/journal"
        os.makedirs(self.journal, exist_ok=True)
        if user:
            os.chown(self.journal, pwd.getpwnam(user).pw_uid, 0)
        self.start()

    def start(self):
        self.process = self.host.spawn("/run/build/casvip-events", "-f", "/run/casvip/casvip.conf", "-s",
                                       "/run/casvip/casvip.sock", "-d", "/run/casvip/journal", "-e", *self.more,
                                       name="events")

    def kill(self):
        os.kill(self.host.pids("casvip-events")[0], signal.SIGKILL)
        self.process.wait()

    def shown(self, *arguments):
        said = self.agent.ctl("events", "-d", self.journal, "-n", "1000", "--json", *arguments, check=False)
        return [json.loads(line) for line in said.stdout.splitlines()]

    def roles(self):
        return [(e["fields"]["from"], e["fields"]["to"]) for e in self.shown("--vip", "mail") if e["event"] == "role"]


def hooked(host):
    try:
        with open(f"{host.run_dir}/hooked") as file:
            return file.read().splitlines()
    except FileNotFoundError:
        return []


def hook_of(name, command, more=""):
    words = ", ".join(f'"{word}"' for word in command.split())
    return f'hook "{name}" {{ on = {{"role"}} vip = {{"mail"}} command = {{{words}}} {more} }}\n'


def with_keepers(lab, hooks):
    pair = Pair(lab, config(lab, top=hooks), start=False)
    for agent in pair.agents.values():
        agent.host.write("hook", HOOK, 0o755)
    pair.start()
    return pair, {agent.host.name: Keeper(agent) for agent in pair.agents.values()}


def case_a_hook_gets_the_event_and_the_journal_has_it(lab):
    pair, keepers = with_keepers(lab, hook_of("note", "/run/casvip/hook"))
    owner, backup = pair.owner(), pair.backup()
    since = time.monotonic_ns()
    lab.wait_for(lambda: keepers[backup.host.name].roles(), 5, "the journal has the past")
    owner.ctl("move", "mail")
    line = lab.wait_for(lambda: [said for said in hooked(backup.host) if " ACTIVE " in said], 5, "the hook ran")[0]
    assert line.startswith(f"note role mail BACKUP ACTIVE yielded {backup.host.name} {{"), line
    assert json.loads(line[line.index("{"):])["fields"]["why"] == "yielded", line
    lab.wait_log("event=hook hook=note on=role vip=mail seq=.* state=done", backup.host, since)
    assert keepers[backup.host.name].roles()[-1] == ("BACKUP", "ACTIVE")
    words = backup.ctl("events", "-d", keepers[backup.host.name].journal, "-n", "50").stdout
    assert re.search(r"role +mail: BACKUP -> ACTIVE why=yielded", words), words


def case_a_hook_that_hangs_is_killed_and_the_next_ones_run_in_order(lab):
    pair, _ = with_keepers(lab, hook_of("hangs", "/bin/sleep 60", 'timeout = "300ms"') +
                           hook_of("note", "/run/casvip/hook") + hook_of("none", "/run/casvip/absent"))
    owner, backup = pair.owner(), pair.backup()
    since = time.monotonic_ns()
    owner.ctl("move", "mail")
    backup.ctl("move", "mail")
    seen = lab.wait_for(lambda: len(lab.syslog.find("event=hook hook=hangs .*state=timeout", backup.host, since)) >= 2
                        and lab.syslog.find(r"event=hook hook=(hangs|none) ", backup.host, since), 10, "both timeouts")
    seqs = [int(re.search(r"seq=(\d+)", line.text)[1]) for line in seen if "hook=hangs" in line.text]
    assert seqs == sorted(set(seqs)), seqs
    assert lab.syslog.find('hook=none .*state=failed words="cannot run /run/casvip/absent: No such', backup.host), seen
    assert [said.split()[3:5] for said in hooked(backup.host)][-2:] == [["BACKUP", "ACTIVE"], ["ACTIVE", "BACKUP"]]
    lab.wait_for(lambda: not backup.host.pids("sleep")[1:], 5, "none of the hung ones is left")


def case_hooks_that_are_too_slow_for_a_flood_drop_the_oldest_and_say_so(lab):
    pair, _ = with_keepers(lab, hook_of("slow", "/bin/sleep 60", 'timeout = "60s"'))
    backup = pair.backup()
    since = time.monotonic_ns()

    def dropped():
        pair.active()[0].ctl("move", "mail", check=False)
        return lab.syslog.find("event=hook hook=slow state=dropped dropped=1 ", backup.host, since)

    lab.wait_for(dropped, 60, "a drop is told")
    assert len(backup.host.pids("sleep")) <= 2, "one at a time, and the holder of the host"
    assert len(lab.syslog.find("state=dropped", backup.host, since)) == 1


def case_the_journal_survives_kills_of_its_keeper_and_of_the_agent_and_what_was_altered_is_passed_over(lab):
    pair, keepers = with_keepers(lab, hook_of("note", "/run/casvip/hook"))
    owner, backup = pair.owner(), pair.backup()
    keeper = keepers[backup.host.name]
    lab.wait_for(keeper.roles, 5, "the journal has the past")
    keeper.kill()
    owner.ctl("move", "mail")  # what happens meanwhile is asked for
    with open(f"{keeper.journal}/events.log", "r+b") as file:
        file.seek(30)
        file.write(b"?")
        file.seek(0, 2)
        file.write(b"torn in the mid")
    keeper.start()
    lab.wait_for(lambda: keeper.roles()[-1:] == [("BACKUP", "ACTIVE")], 5, "what happened meanwhile is there")
    lab.wait_log("event=journal state=damaged records=2", backup.host)
    assert [said for said in hooked(backup.host) if " ACTIVE " in said], "no hook was run for it"
    backup.kill()
    backup.start()
    keeper.process.wait()  # the kill was for all of casvip's
    keeper.start()
    pair.settle()
    sessions = lab.wait_for(lambda: len({e["session"] for e in keeper.shown()}) == 2 and keeper.shown(), 10,
                            "both runs of the agent are in the journal")
    seqs = [(e["session"], e["seq"]) for e in sessions]
    assert len(seqs) == len(set(seqs)), "an event stands there twice"


def case_a_frozen_keeper_delays_no_beat_and_goes_on_where_it_was(lab):
    pair, keepers = with_keepers(lab, "")
    owner, backup = pair.owner(), pair.backup()
    keeper = keepers[owner.host.name]
    lab.wait_for(keeper.roles, 5, "the journal has the past")
    tap = Tap(lab, owner.host)
    pid = owner.host.pids("casvip-events")[0]
    os.kill(pid, signal.SIGSTOP)
    for agent in (owner, backup) * 10:
        agent.ctl("move", "mail")
    os.kill(pid, signal.SIGCONT)
    lab.wait_for(lambda: len(keeper.roles()) >= 20, 10, "it has read on")
    seqs = [e["seq"] for e in keeper.shown()]
    assert seqs == list(range(1, len(seqs) + 1)), seqs
    gap = worst_gap_ms(tap.beats(), owner.host)
    assert gap < LEASE_MS, f"{owner.host.name} sent no beat for {gap:.0f} ms"


NAMED = """options {{ directory "{dir}"; listen-on port 5300 {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; recursion no;
    pid-file "{dir}/named.pid"; session-keyfile none; dnssec-validation no; querylog no; }};
controls {{ }};
include "{dir}/dns.key";
zone "example.net" {{ type primary; file "{dir}/zone"; allow-update {{ key casvip; }}; }};
"""
ZONE = """$TTL 60
@ IN SOA ns1 root ( 1 60 60 60 60 )
@ IN NS ns1
ns1 IN A 192.0.2.53
mail IN A 203.0.113.50
"""


def case_the_hook_for_a_second_site_moves_the_name_by_a_signed_update(lab):
    place = "/run/casvip/dns"
    with open(f"{ROOT}/conf/samples/hooks/move-dns") as file:
        sample = file.read()
    hook = (f'hook "dns" {{ on = {{"role"}} command = {{"/run/casvip/move-dns", "127.0.0.1", "mail.example.net", '
            f'"198.51.100.50", "5300", "{place}/dns.key"}} }}\n')
    pair = Pair(lab, config(lab, top=hook), start=False)
    for node in lab.nodes:
        os.makedirs(f"{node.run_dir}/dns")
        node.write("move-dns", sample, 0o755)
        node.write("dns/named.conf", NAMED.format(dir=place))
        node.write("dns/zone", ZONE)
        node.write("dns/dns.key", node.run("tsig-keygen", "casvip").stdout)
        node.spawn("named", "-g", "-c", f"{place}/named.conf", "-u", "root")

    def address(node):
        return node.run("dig", "+short", "+time=1", "+tries=1", "-p", "5300", "@127.0.0.1", "mail.example.net",
                        check=False).stdout.strip()

    for node in lab.nodes:
        lab.wait_for(lambda: address(node) == "203.0.113.50", 10, f"the name server of {node.name} answers")
    pair.start()
    keepers = [Keeper(agent) for agent in pair.agents.values()]
    owner, backup = pair.owner(), pair.backup()
    lab.wait_for(lambda: address(owner.host) == "198.51.100.50", 10, "the owner moved the name")
    assert address(backup.host) == "203.0.113.50", "a backup moved it"
    owner.ctl("move", "mail")
    lab.wait_for(lambda: address(backup.host) == "198.51.100.50", 10, "the new owner moved the name")
    assert len(keepers) == 2


RSYSLOG = """module(load="imuxsock" SysSock.Name="/dev/log" SysSock.RateLimit.Interval="0")
template(name="lab" type="string" string="%syslogfacility-text%.%syslogseverity-text% %programname% %msg%\\n")
action(type="omfile" file="/run/casvip/rsyslog.txt" template="lab")
"""


def case_rsyslog_files_a_role_change_under_its_tag_and_severity(lab):
    pair = Pair(lab, start=False)
    for node in lab.nodes:
        lab.syslog.remove(node)
        node.run("rm", "/dev/log")
        node.write("rsyslog.conf", RSYSLOG)
        node.spawn("rsyslogd", "-n", "-f", "/run/casvip/rsyslog.conf", "-i", "/run/casvip/rsyslog.pid")
    pair.start()

    def filed(agent, pattern):
        try:
            with open(f"{agent.host.run_dir}/rsyslog.txt") as file:
                return re.search(pattern, file.read(), re.MULTILINE)
        except FileNotFoundError:
            return None

    owner, backup = pair.owner(), pair.backup()
    owner.ctl("move", "mail")
    lab.wait_for(lambda: filed(backup, r"^daemon\.notice casvipd +event=role vip=mail from=BACKUP to=ACTIVE "
                                       r"why=yielded"), 10, "the takeover is filed")
    backup.kill()
    lab.wait_for(lambda: filed(owner, r"^daemon\.warn(ing)? casvipd +event=role .*why=silence"), 10,
                 "the silence is a warning")


def case_a_keeper_that_gives_up_root_follows_all_the_same_across_a_restart(lab):
    pair = Pair(lab)
    owner = pair.owner()
    keeper = Keeper(owner, user="nobody")
    lab.wait_for(lambda: any(e["event"] == "started" for e in keeper.shown()), 5, "the journal has the start")
    root, other = keeper.host.pids("casvip-events")
    assert os.stat(f"/proc/{root}").st_uid == 0 and os.stat(f"/proc/{other}").st_uid == pwd.getpwnam("nobody").pw_uid
    since = time.monotonic_ns()
    owner.stop()
    owner.start()
    lab.wait_log("event=started ", owner.host, since)
    lab.wait_for(lambda: sum(e["event"] == "started" for e in keeper.shown()) == 2, 5, "the journal has the second start")
    keeper.process.terminate()
    assert keeper.process.wait(5) == 0
    lab.wait_for(lambda: not keeper.host.pids("casvip-events"), 5, "both processes end")
