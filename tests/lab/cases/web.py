"""casvip-web: what browsers, Prometheus and balancers see, and that none of them disturbs the agent."""
import json
import os
import signal
import socket
import time

from agents import OWA_CHECK, Pair, often
from host import run
from lab import ROOT
from services import Owa
from web import PORT, Web

SAMPLES = f"{ROOT}/conf/samples"
ROLE = 'casvip_vip_role{vip="mail",role="ACTIVE"}'


def pair_with_web(lab):
    for node in lab.nodes:
        Owa(node)
    pair = Pair(lab, checks=often(OWA_CHECK))
    owner, backup = pair.owner(), pair.backup()
    return owner, backup, Web(owner), Web(backup)


def case_promtool_finds_nothing_wrong_with_the_metrics_nor_with_the_sample_rules(lab):
    owner, backup, of_owner, of_backup = pair_with_web(lab)
    lab.wait_for(lambda: of_owner.metric(ROLE) == 1 and of_backup.metric(ROLE) == 0, 5, "each node shows its role")
    code, text = of_owner.get("/metrics")
    checked = run("promtool", "check", "metrics", text_in=text, check=False)
    assert code == 200 and checked.returncode == 0 and not checked.stderr, checked
    for name in ("casvip_up 1", f'casvip_vip_owner{{vip="mail",node="{owner.host.name}"}} 1',
                 f'casvip_peer_fit{{peer="{backup.host.name}"}} 1', 'casvip_vip_fence{vip="mail",state="open"} 1',
                 'casvip_vip_role_changes_total{vip="mail",why="started"} 1', "casvip_link_round_trip_seconds{"):
        assert name in text, text
    said = of_owner.get("/metrics", "-i", "-H", "Accept: application/openmetrics-text;version=1.0.0,text/plain;q=0.5")[1]
    assert "application/openmetrics-text; version=1.0.0" in said and said.endswith("# EOF\n"), said
    rules = run("promtool", "check", "rules", f"{SAMPLES}/prometheus-rules.yml", check=False)
    assert rules.returncode == 0, rules
    shown = {name.partition("{")[0] for name in of_owner.metrics()} | {"casvip_majority"}
    for panel in json.load(open(f"{SAMPLES}/grafana-dashboard.json"))["panels"]:
        for target in panel.get("targets", ()):
            assert any(name in target["expr"] for name in shown), f"{target}\n{sorted(shown)}"


def case_a_real_prometheus_scrapes_the_role_and_its_rules_know_a_vip_without_a_successor(lab):
    owner, backup, of_owner, _ = pair_with_web(lab)
    host = owner.host
    rules = open(f"{SAMPLES}/prometheus-rules.yml").read().replace("for: 1m", "for: 0s")
    host.write("rules.yml", rules)
    host.write("prometheus.yml", f"""global: {{scrape_interval: 200ms, scrape_timeout: 200ms, evaluation_interval: 200ms}}
rule_files: [/run/casvip/rules.yml]
scrape_configs: [{{job_name: casvip, static_configs: [{{targets: ["127.0.0.1:{PORT}"]}}]}}]
""")
    os.mkdir(f"{host.run_dir}/data")
    host.spawn("prometheus", "--config.file=/run/casvip/prometheus.yml", "--storage.tsdb.path=/run/casvip/data",
               "--web.listen-address=127.0.0.1:9090", "--log.level=warn")

    def query(text):
        done = host.run("curl", "-sG", "-m", "5", "--data-urlencode", f"query={text}", "http://127.0.0.1:9090/api/v1/query",
                        check=False)
        return [(one["metric"], float(one["value"][1])) for one in json.loads(done.stdout)["data"]["result"]] \
            if done.returncode == 0 and done.stdout.startswith("{") else []

    lab.wait_for(lambda: [value for _, value in query(ROLE)] == [1], 30, "Prometheus knows the owner")
    assert query('casvip_vip_dark_seconds_bucket{le="+Inf"}'), "no histogram"
    backup.kill()
    lab.wait_for(lambda: query(f'ALERTS{{alertname="CasvipPeerNotHeard",peer="{backup.host.name}"}}'), 15,
                 "the alert of a peer that is not heard is pending")


def case_a_balancer_finds_the_owner_and_only_the_owner_healthy(lab):
    owner, backup, of_owner, of_backup = pair_with_web(lab)

    def healthy():
        return [web.get("/healthz")[0] for web in (of_owner, of_backup)]

    lab.wait_for(lambda: healthy() == [200, 503], 5, "200 on the owner alone")
    assert of_owner.get("/healthz/mail") == (200, f"{owner.host.name} owns mail\n")
    assert of_backup.get("/healthz/mail") == (503, f"mail is on {owner.host.name}\n")
    assert of_owner.get("/healthz/imap")[0] == 404
    owner.ctl("move", "mail")
    lab.wait_for(lambda: healthy() == [503, 200], 5, "200 on the new owner alone")
    lab.wait_for(lambda: of_backup.metric('casvip_vip_role_changes_total{vip="mail",why="yielded"}') == 1, 5,
                 "the change is counted by its reason")
    assert of_backup.metric('casvip_vip_dark_seconds_count{vip="mail"}') == 1
    status = of_owner.status()["vips"][0]
    assert (status["active"], status["active_why"]) == (backup.host.name, "yielded"), status


def case_an_agent_that_dies_or_freezes_is_told_as_such(lab):
    owner, _, web, _ = pair_with_web(lab)
    lab.wait_for(lambda: web.metric("casvip_up") == 1, 5, "up")
    owner.host.signal(signal.SIGSTOP, "casvipd")  # and not casvip-web
    lab.wait_for(lambda: web.metric("casvip_up") == 0, 10, "a frozen agent is not up")
    assert "agent not reachable" in web.get("/healthz")[1]
    owner.host.signal(signal.SIGCONT, "casvipd")
    lab.wait_for(lambda: web.metric("casvip_up") == 1, 10, "up again")
    owner.host.signal(signal.SIGKILL, "casvipd")
    owner.process.wait()
    lab.wait_for(lambda: web.metric("casvip_up") == 0, 10, "a dead agent is not up")
    metrics = web.metrics()
    assert not [name for name in metrics if name.startswith("casvip_vip")], metrics
    code, first = web.get("/status.json")
    first = json.loads(first)
    assert code == 503 and first["error"] == "casvipd does not run", first
    lab.wait_for(lambda: json.loads(web.get("/status.json")[1])["silent_ms"] > first["silent_ms"] + 100, 5, "its age grows")
    assert web.get("/")[0] == 200, "the page can still tell"
    owner.start()
    lab.wait_for(lambda: web.metric("casvip_up") == 1, 10, "up once more")


def case_web_clients_that_are_slow_silent_or_hostile_disturb_nobody(lab):
    owner, _, web, _ = pair_with_web(lab)
    host, held, since = owner.host, [], time.monotonic_ns()
    drip = host.socket(socket.AF_INET, socket.SOCK_STREAM)
    drip.connect(("127.0.0.1", PORT))
    for number in range(48):
        client = host.socket(socket.AF_INET, socket.SOCK_STREAM)
        client.connect(("127.0.0.1", PORT))
        try:
            client.send((b"", b"GET / HT", b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nX: ")[number % 3])
        except OSError:
            pass  # one more than one address may have
        held.append(client)

    def dripped_out():
        try:
            drip.send(b"x")
            drip.setblocking(False)
            return drip.recv(1) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True

    code, _ = web.get("/healthz", "--interface", "127.0.0.2")
    assert code == 200, f"others are served while one address holds what it may: {code}"
    lab.wait_for(lambda: dripped_out() is not None and web.get("/healthz")[0] == 200, 15, "who says nothing loses its place")
    for client in held:
        client.close()
    assert web.get("/", "-H", "X: " + "x" * 60000)[0] in (0, 413, 431)
    assert web.get("/", "-X", "POST", "-d", "x=1")[0] == 405
    assert web.get("/", "-H", "Host: evil.example.net")[0] == 403
    assert web.get("/%2e%2e/etc/passwd", "--path-as-is")[0] == 404
    assert web.get("/" + "a" * 9000)[0] in (404, 414, 431)
    said = web.get("/", "-I")[1]
    for header in ("default-src 'none'; script-src 'self'", "X-Content-Type-Options: nosniff", "Cache-Control: no-store"):
        assert header in said, said
    lab.wait_for(dripped_out, 40, "who sends a byte now and then is ended, too")
    assert web.process.poll() is None and owner.role() == "ACTIVE"
    assert not lab.syslog.find("event=(role|suspect)", since=since)


def case_casvip_web_may_die_at_any_time(lab):
    owner, _, web, _ = pair_with_web(lab)
    since = time.monotonic_ns()
    web.process.kill()
    web.process.wait()
    again = Web(owner)
    lab.wait_for(lambda: again.metric("casvip_up") == 1, 5, "the next one shows the same")
    assert not lab.syslog.find("event=(role|suspect)", since=since)
