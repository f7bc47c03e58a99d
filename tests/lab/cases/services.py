"""Fitness: real services that fail on the owner move the VIP; where nobody is fit it stays."""
import time

from agents import OWA_CHECK, RPC_CHECK, config, often
from certificates import Authority, give
from mail import Dovecot
from promises import LATE_MS, Watched, nothing_changes
from services import Owa, Rpc

TLS = 'host = "mail.example.net"  ca_file = "/run/casvip/ca.pem"'
MAIL_CHECKS = f"""check "imap" {{ type = "imap"  connect = "127.0.0.1:143"  tls = "starttls"  {TLS} }}
    check "certificate" {{ type = "certificate"  connect = "127.0.0.1:995"  {TLS} }}
"""


def case_owa_answering_503_on_the_owner_moves_the_vip(lab):
    services = {node.name: Owa(node) for node in lab.nodes}
    watched = Watched(lab, checks=often(OWA_CHECK))
    since = time.monotonic_ns()
    services[watched.owner.host.name].answer_503(True)
    watched.wait_takeover(since, why="yielded")
    lab.wait_log("event=check .*owa.*503", watched.owner.host, since)
    watched.assert_dark_at_most(since, LATE_MS)
    watched.assert_one_answer(since)
    services[watched.owner.host.name].answer_503(False)
    lab.wait_for(watched.pair.settled, 10, "the service is fit again")
    assert watched.pair.owner() is watched.backup, "recovery moved the vip although failback is never"


def case_a_killed_owa_process_moves_the_vip(lab):
    services = {node.name: Owa(node) for node in lab.nodes}
    watched = Watched(lab, checks=often(OWA_CHECK))
    since = time.monotonic_ns()
    services[watched.owner.host.name].kill()
    watched.wait_takeover(since, why="yielded")
    watched.assert_dark_at_most(since, LATE_MS)
    watched.assert_one_answer(since)


def case_a_stopped_rpc_server_behind_the_endpoint_mapper_moves_the_vip(lab):
    services = {node.name: Rpc(node) for node in lab.nodes}
    watched = Watched(lab, checks=often(RPC_CHECK))
    since = time.monotonic_ns()
    services[watched.owner.host.name].stop_server()
    watched.wait_takeover(since, why="yielded")
    lab.wait_log("event=check .*rpc", watched.owner.host, since)
    watched.assert_dark_at_most(since, LATE_MS)
    watched.assert_one_answer(since)


def case_a_killed_mail_server_moves_the_vip(lab):
    authority = Authority(f"{lab.dir}/authority")
    pair = authority.leaf("good")
    for node in lab.nodes:
        node.write("ca.pem", authority.text("ca.pem"))
        give(node, "mail", pair)
    servers = {node.name: Dovecot(node) for node in lab.nodes}
    watched = Watched(lab, checks=MAIL_CHECKS)
    since = time.monotonic_ns()
    servers[watched.owner.host.name].kill()
    watched.wait_takeover(since, why="yielded")
    lab.wait_log("event=check .*refused", watched.owner.host, since)
    watched.assert_dark_at_most(since, LATE_MS)
    watched.assert_one_answer(since)


def case_a_service_failing_on_the_backup_moves_nothing(lab):
    services = {node.name: Owa(node) for node in lab.nodes}
    watched = Watched(lab, checks=often(OWA_CHECK))
    with nothing_changes(watched):
        services[watched.backup.host.name].answer_503(True)
        lab.wait_for(lambda: watched.backup.check_states() == {"owa": "down"}, 8, "the check of the backup is down")


def case_the_vip_is_held_where_nobody_is_fit(lab):
    services = {node.name: Owa(node) for node in lab.nodes}
    watched = Watched(lab, checks=often(OWA_CHECK))
    with nothing_changes(watched, log_lines_max=12):
        services[watched.backup.host.name].answer_503(True)
        lab.wait_for(lambda: watched.backup.check_states() == {"owa": "down"}, 8, "the check of the backup is down")
        services[watched.owner.host.name].answer_503(True)
        lab.wait_for(lambda: watched.owner.check_states() == {"owa": "down"}, 8, "the check of the owner is down")
        time.sleep(1)


def case_the_vip_is_released_where_nobody_is_fit_if_the_file_says_so(lab):
    services = {node.name: Owa(node) for node in lab.nodes}
    watched = Watched(lab, checks=often(OWA_CHECK), vip_more='when_none_fit = "release"')
    since = time.monotonic_ns()
    for agent in (watched.backup, watched.owner):
        services[agent.host.name].answer_503(True)
        lab.wait_for(lambda: agent.check_states() == {"owa": "down"}, 8, "the check is down")
    lab.wait_for(lambda: not any(eye.who(100) for eye in watched.eyes), 3, "nobody answers")
    services[watched.backup.host.name].answer_503(False)
    watched.answered_by(watched.backup.host, 8)
    watched.assert_one_answer(since)


def case_a_service_that_flaps_makes_no_successor_until_it_is_calm(lab):
    services = {node.name: Owa(node) for node in lab.nodes}
    watched = Watched(lab, checks=often(OWA_CHECK))
    owner, backup = watched.owner, watched.backup
    for _ in range(3):
        services[backup.host.name].answer_503(True)
        lab.wait_for(lambda: backup.check_states() == {"owa": "down"}, 8, "the check is down")
        services[backup.host.name].answer_503(False)
        lab.wait_for(lambda: backup.check_states() == {"owa": "up"}, 8, "the check is up")
    assert backup.vip()["checks"][0]["held_ms"] > 30000 and not backup.vip()["fit"], backup.vip()
    assert "HELD DOWN" in backup.ctl("status").stdout
    lab.wait_log("event=check .*to=up .*held_ms=", backup.host)
    lab.wait_for(lambda: not owner.status()["peers"][0]["fit"], 5, "the owner knows that nobody could take over")
    assert owner.ctl("move", "mail", check=False).returncode != 0, "moved to a node that is held down"
    assert watched.pair.owner() is owner


def case_checks_tried_by_root_find_what_the_agent_would_find(lab):
    host = lab.nodes[0]
    Owa(host)
    host.write("casvip.conf", config(lab, checks=OWA_CHECK))

    def once():
        return host.run("/run/build/casvip-checks", "--once", "-f", "/run/casvip/casvip.conf", check=False)
    done = once()
    assert done.returncode == 0, done.stdout + done.stderr
    host.run("chmod", "600", "/run/casvip/ca.pem")
    done = once()
    assert done.returncode == 1 and "Permission denied" in done.stdout, f"read as root: {done.stdout}"
