"""P4: a bad configuration changes nothing and is refused by file and line."""
import re
import time

from agents import OTHER_KEY, OWA_CHECK, Casvip, Pair, config
from lab import VIP, VIP6
from promises import BUSY_MS, Watched, nothing_changes

FILE = "/run/casvip/casvip.conf"

# Each kind: what is replaced, by what, and (a part of) the line that the finding must name; the words it must have.
BAD = {
    "unknown key": ('prefer = {', 'perfer = {', "perfer", "prefer"),
    "unknown section": ('quorum {', 'qurom {', "qurom", "quorum"),
    "syntax": ('prefer = {', 'prefer = }', "prefer", ""),
    "bad address": ("192.0.2.50/24", "192.0.2.500/24", "192.0.2.500", "192.0.2.500"),
    "no prefix": ("192.0.2.50/24", "192.0.2.50", '"192.0.2.50"', ""),
    "bad duration": ('interval = "100ms"', 'interval = "100 parsecs"', "parsecs", "parsecs"),
    "out of range": ('interval = "100ms"', 'interval = "2ms"', '"2ms"', "range"),
    "unknown node in prefer": ('prefer = {"cas1"', 'prefer = {"cas9"', "cas9", "cas9"),
    "unknown check type": ('type = "owa"', 'type = "owe"', '"owe"', "owa"),
    "bad choice": ('quorum { provider = "none" }', 'quorum { provider = "nine" }', '"nine"', ""),
    "missing key": ('interface = "eth0"', "", 'vip "mail"', "interface"),
    "node defined twice": ('node "cas2"', 'node "cas1"', 'node "cas1"', "cas1"),
    "vip address of a node": ("192.0.2.50/24", "192.0.2.2/24", "192.0.2.2", ""),
    "key of another check type": ('ca_file = "/run/casvip/ca.pem"', 'interfaces = {"emsmdb"}', "emsmdb", ""),
}


def spoilt(text, kind):
    old, new, _, _ = BAD[kind]
    assert old in text, f"{kind}: the good file has no {old}"
    return text.replace(old, new, 1)


def assert_names_the_line(said, text, kind):
    """A finding FILE:LINE: words whose line holds what is wrong."""
    _, _, mark, words = BAD[kind]
    findings = re.findall(rf"{re.escape(FILE)}:(\d+): (.*)", said)
    assert findings, f"{kind}: no finding by file and line in: {said}"
    lines = text.splitlines()
    for line, finding in findings:
        if mark in lines[int(line) - 1] and words in finding:
            return
    raise AssertionError(f"{kind}: no finding on a line with {mark!r} that says {words!r}: {findings}")


def case_bad_configurations_of_each_kind_are_refused_by_line_at_start(lab):
    text = config(lab, checks=OWA_CHECK)
    host = lab.nodes[0]
    agent = Casvip(host, text)
    for kind in BAD:
        agent.configure(spoilt(text, kind))
        done = agent.daemon()
        assert done.returncode != 0, f"{kind}: started"
        assert_names_the_line(done.stderr, agent.text, kind)
        assert not host.has(VIP), f"{kind}: took the vip"


def case_bad_configurations_of_each_kind_are_refused_by_line_at_reload_and_change_nothing(lab):
    watched = Watched(lab)
    agent = watched.owner
    good = config(lab, checks=OWA_CHECK)
    pid = agent.status()["pid"]
    with nothing_changes(watched, log_lines_max=len(BAD) + 4):
        for kind in BAD:
            agent.configure(spoilt(good, kind))
            since = time.monotonic_ns()
            agent.reload()
            line = lab.wait_log("event=config .*state=refused", agent.host, since)
            assert_names_the_line(line.text, agent.text, kind)
    assert agent.status()["pid"] == pid, "another process"


def case_a_refused_reload_by_casvipctl_fails_and_tells_the_line(lab):
    watched = Watched(lab)
    kind = "unknown key"
    with nothing_changes(watched):
        watched.owner.configure(spoilt(watched.pair.text, kind))
        done = watched.owner.ctl("reload", check=False)
        assert done.returncode != 0
        assert_names_the_line(done.stdout + done.stderr, watched.owner.text, kind)


def case_a_missing_or_unreadable_file_is_refused_at_reload_and_changes_nothing(lab):
    watched = Watched(lab)
    with nothing_changes(watched):
        watched.owner.host.run("rm", FILE)
        since = time.monotonic_ns()
        watched.owner.reload()
        lab.wait_log("event=config .*state=refused", watched.owner.host, since)


def case_a_good_reload_on_the_owner_moves_nothing_and_is_said(lab):
    watched = Watched(lab)
    with nothing_changes(watched, log_lines_max=12) as since:
        for agent in watched.pair.agents.values():
            agent.configure(config(lab, vip_more='announce_every = "30s"'))
            agent.reload()
            said = lab.wait_log("event=config", agent.host, since).text
            assert "refused" not in said, said
        lab.wait_for(watched.pair.settled, 5, "the pair is settled again")
        lab.wait_for(lambda: all(a.status()["peers"][0]["config_matches"] for a in watched.pair.agents.values()), 5,
                     "the nodes run the same configuration")


def case_a_reload_that_adds_an_address_serves_it_and_leaves_the_others_alone(lab):
    pair = Pair(lab, addresses=(f"{VIP}/24",))
    eye = lab.watch()
    lab.wait_for(lambda: eye.who() == {pair.owner().host.name}, 3, "the owner answers")
    since = time.monotonic_ns()
    for agent in pair.agents.values():
        agent.configure(config(lab))
        agent.reload()
    eye6 = lab.watch(VIP6)
    lab.wait_for(lambda: eye6.who() == {pair.owner().host.name}, 5, "the owner answers at the new address")
    view = eye.view(since)
    assert view.dark_ms < BUSY_MS, f"the old address was dark for {view.dark_ms:.1f} ms"
    assert view.answerers == {pair.owner().host.name}, f"{view.answerers} answered"


def case_test_mode_exits_0_for_a_good_file_and_2_with_findings_for_a_bad_one(lab):
    text = config(lab, checks=OWA_CHECK)
    agent = Casvip(lab.nodes[0], text)
    done = agent.daemon("-t")
    assert done.returncode == 0 and not done.stderr, f"{done.returncode} {done.stderr}"
    for kind in BAD:
        agent.configure(spoilt(text, kind))
        done = agent.daemon("-t")
        assert done.returncode == 2, f"{kind}: exit {done.returncode}"
        assert_names_the_line(done.stderr, agent.text, kind)


def case_test_mode_touches_no_running_agent(lab):
    watched = Watched(lab)
    with nothing_changes(watched):
        assert watched.owner.daemon("-t").returncode == 0


def case_two_findings_are_both_told(lab):
    text = spoilt(spoilt(config(lab, checks=OWA_CHECK), "out of range"), "unknown node in prefer")
    done = Casvip(lab.nodes[0], text).daemon("-t")
    assert done.returncode == 2
    assert_names_the_line(done.stderr, text, "out of range")
    assert_names_the_line(done.stderr, text, "unknown node in prefer")


def case_a_key_file_that_others_may_read_or_that_is_no_key_is_refused_at_start(lab):
    agent = Casvip(lab.nodes[0], config(lab))
    for text, mode in ((OTHER_KEY, 0o644), ("not a key\n", 0o600), ("", 0o600)):
        agent.host.write("cluster.key", text, mode)
        since = time.monotonic_ns()
        done = agent.daemon()
        assert done.returncode not in (0, 127) and not agent.host.has(VIP), f"started with {text!r}, mode {mode:o}"
        assert "cluster.key" in done.stderr, f"not told to whoever started it: {done.stderr!r}"
        assert "cluster.key" in agent.daemon("-t").stdout, "not told by -t"
        lab.wait_log("event=key state=refused .*cluster.key", agent.host, since)


def case_release_removes_addresses_and_fence_of_a_killed_agent(lab):
    watched = Watched(lab)
    host = watched.owner.host
    watched.backup.stop()
    watched.owner.kill()
    assert host.has(VIP) and host.has(VIP6), "gone before --release could do anything"
    done = watched.owner.daemon("--release")
    assert done.returncode == 0, done.stderr
    assert not host.has(VIP) and not host.has(VIP6)
    filters = host.run("tc", "filter", "show", "dev", "eth0", "ingress").stdout
    assert not filters, filters
    assert host.has(host.v4), "--release removed an address that is not casvip's"
