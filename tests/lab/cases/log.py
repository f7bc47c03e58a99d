"""A stuck log costs no beat."""
import time

from agents import OWA_CHECK, often
from promises import Watched
from services import Owa
from wire import Tap

LEASE_MS = 275


def worst_gap_ms(beats, host):
    sent = [beat.at for beat in beats if beat.source == host.v4]
    assert len(sent) > 5, f"only {len(sent)} beats of {host.name}"
    return max(b - a for a, b in zip(sent, sent[1:])) / 1e6


def case_a_stuck_log_socket_costs_no_beat_and_no_vip(lab):
    services = {node.name: Owa(node) for node in lab.nodes}
    watched = Watched(lab, checks=often(OWA_CHECK))
    owa = services[watched.backup.host.name]
    since = time.monotonic_ns()
    taps = {node: Tap(lab, node) for node in lab.nodes}
    for node in lab.nodes:
        lab.syslog.stick(node)
    for _ in range(3):  # something to say, again and again
        owa.answer_503(True)
        lab.wait_for(lambda: watched.backup.check_states() == {"owa": "down"}, 8, "the check of the backup is down")
        owa.answer_503(False)
        lab.wait_for(lambda: watched.backup.check_states() == {"owa": "up"}, 8, "the check of the backup is up")
    assert watched.pair.active() == [watched.owner]
    for node, tap in taps.items():
        gap = worst_gap_ms(tap.beats(), node)
        assert gap < LEASE_MS, f"{node.name} sent no beat for {gap:.0f} ms"
        tap.close()
    watched.assert_one_answer(since)
    watched.assert_silent(watched.backup.host, since)
    for node in lab.nodes:
        lab.syslog.unstick(node)
    lab.wait_log("event=check .*owa", watched.backup.host, since)


def case_an_agent_started_without_a_log_socket_serves_and_logs_once_it_is_there(lab):
    for node in lab.nodes:
        lab.syslog.remove(node)
    watched = Watched(lab)
    for node in lab.nodes:
        lab.syslog.restore(node)
    since = time.monotonic_ns()
    watched.owner.ctl("move", "mail")
    watched.wait_takeover(since)
    for node in lab.nodes:
        lab.wait_log("event=started", node)
