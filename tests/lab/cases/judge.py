"""Whatever becomes of casvip-checks, casvipd's beats go out in time; and taking casvip-checks over gains nothing."""
import os
import shutil
import signal
import time

from agents import OWA_CHECK, Pair, often
from promises import MS, Watched, nothing_changes
from services import Owa
from wire import Tap

LEASE_MS = 275
JUDGE_UID, JUDGE_GID = 4711, 4712
PASSWD = f"""root:x:0:0:root:/root:/bin/sh
casvip-checks:x:{JUDGE_UID}:{JUDGE_GID}:casvip service checks:/nonexistent:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
"""


class Beats:
    """Those of one host, from here on."""

    def __init__(self, lab, host):
        self.host, self.tap, self.sent = host, Tap(lab, host), []

    def count(self):
        self.sent += [beat.at for beat in self.tap.beats() if beat.source == self.host.v4]
        return len(self.sent)

    def assert_in_time(self):
        assert self.count() > 5, f"only {self.count()} beats of {self.host.name}"
        gap_ms = max(b - a for a, b in zip(self.sent, self.sent[1:])) / MS
        assert gap_ms < LEASE_MS, f"{self.host.name} sent no beat for {gap_ms:.0f} ms"
        self.tap.close()


def services(lab):
    for node in lab.nodes:
        Owa(node)


def case_a_judge_killed_again_and_again_costs_no_beat(lab):
    services(lab)
    watched = Watched(lab, checks=often(OWA_CHECK))
    host = watched.owner.host
    with nothing_changes(watched, log_lines_max=12):
        beats = Beats(lab, host)
        for _ in range(3):
            old = host.pids("casvip-checks")
            host.signal(signal.SIGKILL, "casvip-checks")
            lab.wait_for(lambda: set(host.pids("casvip-checks")) - set(old), 5, "a new casvip-checks runs")
        lab.wait_for(watched.pair.settled, 5, "its checks are up again")
        beats.assert_in_time()


def case_a_frozen_judge_costs_no_beat_and_what_it_said_goes_stale(lab):
    services(lab)
    watched = Watched(lab, checks=often(OWA_CHECK))
    host, since, beats = watched.owner.host, time.monotonic_ns(), Beats(lab, watched.owner.host)
    frozen = host.pids("casvip-checks")
    host.signal(signal.SIGSTOP, "casvip-checks")
    lab.wait_for(lambda: watched.owner.check_states() == {"owa": "stale"}, 8, "the check is stale")
    watched.wait_takeover(since, why="yielded")
    count = beats.count()
    lab.wait_for(lambda: beats.count() > count + 10, 5, "the frozen judge's casvipd beats on")
    beats.assert_in_time()
    watched.assert_one_answer(since)
    host.signal(signal.SIGCONT, "casvip-checks")
    lab.wait_for(watched.pair.settled, 8, "its checks are up again")
    assert host.pids("casvip-checks") == frozen, "somebody ended it"


def case_a_judge_that_floods_costs_no_beat(lab):
    services(lab)
    pair = Pair(lab, checks=OWA_CHECK, start=False)
    flooded = pair.agents["cas1"]
    os.mkdir(f"{flooded.host.run_dir}/flood")
    shutil.copy(f"{lab.build}/casvipd", f"{flooded.host.run_dir}/flood/casvipd")
    shutil.copy(f"{lab.build}/tests/lab/flood", f"{flooded.host.run_dir}/flood/casvip-checks")
    flooded.program = "/run/casvip/flood/casvipd"
    pair.start()
    watched = Watched(lab, pair=pair)
    with nothing_changes(watched):
        beats = Beats(lab, flooded.host)
        refused = flooded.counters()["facts_refused"]
        lab.wait_for(lambda: flooded.counters()["facts_refused"] > refused + 10000 and beats.count() > 20, 20,
                     "the flood has come")
        beats.assert_in_time()
    assert flooded.vip()["checks"][0]["words"] == "flooded", flooded.vip()


def case_the_judge_is_a_user_of_its_own_without_any_capability(lab):
    host = lab.nodes[0]
    for node in lab.nodes:
        node.write("passwd", PASSWD)
        node.run("mount", "--bind", "/run/casvip/passwd", "/etc/passwd")
    services(lab)
    Watched(lab, checks=OWA_CHECK)
    (pid,) = host.pids("casvip-checks")
    with open(f"/proc/{pid}/status") as file:
        status = dict(line.rstrip("\n").split(":\t", 1) for line in file)
    wanted = {**dict.fromkeys(("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"), "0" * 16), "NoNewPrivs": "1",
              "Uid": "\t".join([str(JUDGE_UID)] * 4), "Gid": "\t".join([str(JUDGE_GID)] * 4)}
    assert {name: status[name] for name in wanted} == wanted, status
    assert status["Groups"].split() == [], status["Groups"]
