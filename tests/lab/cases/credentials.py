"""Passwords: refused everywhere they move nothing, refused on one host they move the vip, and nobody ever sees them."""
import base64
import os
import subprocess
import time

import exchange
from exchange import Exchange, asks
from host import run
from lab import ROOT
from promises import Watched, nothing_changes

EWS = asks("ews", credentials=True, more='interval = "300ms"  timeout = "1s"')
SPARED_S = 2.3  # an interval, a timeout and a second: until the others know as well
NAME = "ews-443-known"


def _refused(agent):
    checks = agent.vip().get("checks", [])
    return bool(checks) and checks[0]["outcome"] == "auth-rejected"


WORD = exchange.PASSWORD.strip().encode()
HEADER = base64.b64encode(f"{exchange.USER}:{exchange.PASSWORD}".encode())[len(exchange.USER) * 4 // 3 + 4:-4]
MAPPING_MAX = 1 << 26  # a sanitizer's shadow is larger than anybody wants to read


def _traces(pid, word):
    """How often a word stands in the memory of a process."""
    count = 0
    with open(f"/proc/{pid}/mem", "rb") as memory, open(f"/proc/{pid}/maps") as maps:
        for line in maps:
            start, end = (int(number, 16) for number in line.split()[0].split("-"))
            if "r" not in line.split()[1] or "[v" in line or end - start > MAPPING_MAX:
                continue
            memory.seek(start)
            count += memory.read(end - start).count(word)
    return count


def case_a_password_that_expires_everywhere_moves_nothing(lab):
    services = {node.name: Exchange(node) for node in lab.nodes}
    watched = Watched(lab, checks=EWS)
    with nothing_changes(watched, log_lines_max=12) as since:
        services[watched.owner.host.name].take_password("changed")
        lab.wait_for(lambda: _refused(watched.owner), 8, "the owner's password is refused")
        services[watched.backup.host.name].take_password("changed")
        for agent in (watched.owner, watched.backup):
            lab.wait_for(lambda: agent.check_states() == {NAME: "down"}, 8, f"the check of {agent.host.name} is down")
        lab.wait_for(lambda: not watched.owner.vip()["fit"], SPARED_S + 5, "the owner is unfit as well")
        lab.holds_for(lambda: watched.owner.role() == "ACTIVE", 1, "the vip where it was")
    for host in lab.nodes:
        lines = lab.syslog.find(f"event=check .*check={NAME} .*reason=auth-rejected", host, since)
        assert len(lines) == 1, f"{host.name} told it {len(lines)} times"
        tries = host.said("exchange").count("password mismatch")
        assert tries == 1, f"{host.name} tried {tries} times"


def case_a_password_refused_on_the_owner_alone_moves_the_vip(lab):
    services = {node.name: Exchange(node) for node in lab.nodes}
    watched = Watched(lab, checks=EWS)
    since = time.monotonic_ns()
    services[watched.owner.host.name].take_password("its user database is down")
    watched.wait_takeover(since, why="yielded", deadline_s=SPARED_S + 8)
    watched.assert_one_answer(since)


def case_a_refused_password_holds_the_state_where_the_file_says_so(lab):
    services = {node.name: Exchange(node) for node in lab.nodes}
    watched = Watched(lab, checks=EWS.replace("credentials", 'auth_rejected = "hold"  credentials'))
    with nothing_changes(watched) as since:
        services[watched.owner.host.name].take_password("changed")
        lab.wait_for(lambda: _refused(watched.owner), 8, "the owner's password is refused")
        lab.holds_for(lambda: watched.owner.check_states() == {NAME: "up"}, SPARED_S + 1, "the check up")
    lines = lab.syslog.find("event=check .*reason=auth-rejected", watched.owner.host, since)
    assert len(lines) == 1, f"told {len(lines)} times"


def case_credentials_with_wrong_rights_disturb_nothing_else_and_a_reload_finds_them_mended(lab):
    services = Exchange(lab.nodes[0])
    Exchange(lab.nodes[1])
    page = asks("owa", more='interval = "300ms"')
    watched = Watched(lab, checks=EWS + page)
    agent = watched.pair.of(lab.nodes[0])
    services.give_password(exchange.PASSWORD, 0o640)
    assert agent.ctl("reload", check=False).returncode == 1, "reloaded with credentials that cannot be used"
    os.kill(lab.nodes[0].pids("casvip-checks")[0], 9)  # the next one gets them opened anew
    lab.wait_for(lambda: agent.check_states() == {NAME: "down", "owa-443": "up"}, 8, "one check down, the other up")
    found = agent.vip()["checks"][0]
    assert found["outcome"] == "unknown" and "chmod 0600" in found["words"], found
    services.give_password(exchange.PASSWORD)
    agent.ctl("reload")
    lab.wait_for(lambda: agent.check_states() == {NAME: "up", "owa-443": "up"}, 8, "both checks up")


def case_a_restarted_judge_gets_the_credentials_again(lab):
    for node in lab.nodes:
        Exchange(node)
    watched = Watched(lab, checks=EWS)
    before = lab.nodes[0].pids("casvip-checks")
    os.kill(before[0], 9)
    agent = watched.pair.of(lab.nodes[0])
    lab.wait_for(lambda: lab.nodes[0].pids("casvip-checks") not in ([], before), 8, "another judge")
    asked = lab.wait_for(lambda: agent.vip()["checks"][0], 8, "a check")["age_ms"]
    lab.wait_for(lambda: agent.vip()["checks"][0]["age_ms"] < asked and agent.check_states() == {NAME: "up"}, 8,
                 "an answer to the new judge")
    lab.wait_log("event=sensor sensor=checks state=started", lab.nodes[0])


def case_nobody_sees_a_password(lab):
    for node in lab.nodes:
        Exchange(node)
    watched = Watched(lab, checks=EWS)
    host, agent = lab.nodes[0], watched.pair.of(lab.nodes[0])
    seen = agent.ctl("status").stdout + agent.ctl("status", "--json").stdout + "".join(
        line.text for line in lab.syslog.tail(host, 100000)) + host.said("casvipd")
    pids = host.pids("casvip")
    assert len(pids) >= 2, "an agent and a judge"
    for pid in pids:
        for name in ("cmdline", "environ", "status"):
            with open(f"/proc/{pid}/{name}", "rb") as file:
                seen += file.read().decode(errors="replace")
    assert NAME in seen and "casvip-checks" in seen
    assert WORD.decode() not in seen
    judge = host.pids("casvip-checks")[0]
    with open(f"/proc/{judge}/limits") as file:
        core = next(line.split() for line in file if line.startswith("Max core file size"))
    assert core[4:6] == ["0", "0"], core
    assert not _traces(host.pids("casvipd")[0], WORD), "casvipd opened the file, and read it"
    # libcurl frees what it has sent; between two probes the judge has the password once, and nothing that carries it.
    lab.wait_for(lambda: (_traces(judge, WORD), _traces(judge, HEADER)) == (1, 0), 8, "a judge that wipes what it sent")


def case_the_installed_checks_can_be_run_but_not_read_by_their_user(lab):
    tree = f"{lab.dir}/tree"
    run("make", "-s", "-C", ROOT, f"B={lab.build}", f"DESTDIR={tree}", "install", timeout=60)
    checks = f"{tree}/usr/sbin/casvip-checks"
    assert os.stat(checks).st_mode & 0o777 == 0o711
    assert os.stat(f"{tree}/usr/sbin/casvipd").st_mode & 0o777 == 0o755


def case_without_a_user_of_their_own_the_checks_are_an_alarm_at_the_start(lab):
    for node in lab.nodes:
        Exchange(node)
    watched = Watched(lab, checks=EWS)
    alarms = lab.syslog.find("event=sensor sensor=checks state=shared-user .*systemd-sysusers", watched.owner.host, 0)
    own = subprocess.run(["getent", "passwd", "casvip-checks"], stdout=subprocess.DEVNULL).returncode == 0
    assert len(alarms) == (0 if own else 1), alarms
