"""Outlook Anywhere's tunnel: what the checks say of an RPC proxy in every kind of trouble, and of front ends before."""
import time

from agents import often
from frontends import PORTS as FRONT_ENDS
from frontends import PROXY_PORT, RpcProxy, start_front_ends
from promises import LATE_MS, Watched
from services import Owa
from verdicts import PORTS, Faulty, Table, check

URL = "://mail.example.net/rpc/rpcproxy.dll?mail.example.net:6001"


def tunnel(name, port, more="", scheme="http"):
    return check("outlook-anywhere", name,
                 f'url = "{scheme}{URL}"  connect = "127.0.0.1:{port}"  tunnel = true  {more}')


EMSMDB = tunnel("emsmdb", PROXY_PORT)
ALL = tunnel("all", PROXY_PORT, 'interfaces = {"nspi", "rfri", "emsmdb"}')

MANNERS = {  # what EMSMDB's tunnel makes of it, and that of all three where it differs
    "well": [("up", "ok")],
    "chunked": [("up", "ok")],
    "glued": [("up", "ok")],
    "portions": [("up", "ok")],
    "pings": [("up", "ok")],
    "fragments": [("up", "ok")],
    "mute": [("down", "timeout")],
    "reset": [("down", "reset")],
    "closes": [("down", "eof")],
    "trickle": [("down", "timeout")],
    "challenge": [("up-auth", "challenge")],
    "challenge-out": [("up-auth", "challenge")],
    "no-challenge": [("down", "no-challenge")],
    "rpc-error": [("down", "rpc-error-6ba")],
    "page": [("down", "protocol")],
    "in-413": [("down", "frontend-body-limit")],
    "in-502": [("down", "status-502")],
    "in-401": [("down", "in-channel")],
    "in-closes": [("down", "in-channel")],
    "no-c2": [("down", "in-channel")],
    "no-a3": [("down", "timeout")],
    "c2-first": [("down", "bad-pdu")],
    "a3-twice": [("down", "bad-pdu")],
    "unasked": [("down", "bad-pdu")],
    "garbage": [("down", "bad-pdu")],
    "endless": [("down", "bad-pdu")],
    "ends": [("down", "eof")],
    "rejects": [("down", "rejected")],
    "denies": [("up-auth", "access-denied")],
    "busy": [("down", "overloaded")],
    "no-dummy": [("up", "fault-000006e4"), ("up", "ok")],  # the others have no such call
    "fails": [("down", "dummy-failed")],
    "hangs": [("down", "timeout")],
}


def case_a_tunnel_has_a_verdict_on_each_fault_of_the_rpc_proxy(lab):
    proxy, table = RpcProxy(lab.nodes[0]), Table(lab.nodes[0])
    for manner, outcomes in MANNERS.items():
        proxy.be(manner)
        table.expect(manner, {EMSMDB: outcomes[0], ALL: outcomes[-1]})
    table.hold()


def case_a_tunnel_is_opened_with_a_password_and_not_with_a_wrong_one(lab):
    host, known = lab.nodes[0], tunnel("known", PROXY_PORT, 'credentials = "/run/casvip/probe.cred"')
    proxy, table = RpcProxy(host), Table(host)
    proxy.be("login")
    host.write("probe.cred", "user = probe\npassword = secret\n", 0o600)
    table.expect("right password", {EMSMDB: ("up-auth", "challenge"), known: ("up", "ok")})
    host.write("probe.cred", "user = probe\npassword = former\n", 0o600)
    table.expect("wrong password", {EMSMDB: ("up-auth", "challenge"), known: ("auth-rejected", "auth-rejected")})
    table.hold()


def case_a_tunnel_has_a_verdict_on_each_fault_of_a_connection(lab):
    host = lab.nodes[0]
    Faulty(host)
    proxy, table = RpcProxy(host), Table(host)
    for fault, outcome in {"refused": "refused", "reset": "reset", "eof": "eof", "mute": "timeout",
                           "trickle": "timeout", "endless": "protocol"}.items():
        table.expect(fault, {tunnel("tunnel", PORTS[fault]): ("down", outcome)})
    table.expect("well", {EMSMDB: ("up", "ok")})
    proxy.freeze()
    table.expect("frozen", {EMSMDB: ("down", "timeout")})
    proxy.thaw()
    table.expect("thawed", {EMSMDB: ("up", "ok")})
    proxy.kill()
    table.expect("killed", {EMSMDB: ("down", "refused")})
    proxy.start()
    table.expect("started again", {EMSMDB: ("up", "ok")})
    table.hold()


def case_front_ends_let_the_tunnel_through_if_they_are_tuned(lab):
    host = lab.nodes[0]
    Owa(host)  # for its certificates
    proxy, table = RpcProxy(host), Table(host)
    start_front_ends(host)
    haproxy = tunnel("haproxy", FRONT_ENDS["haproxy"]).replace("700ms", "6s")
    haproxy_tuned = tunnel("haproxy-tuned", FRONT_ENDS["haproxy-tuned"], 'ca_file = "/run/casvip/ca.pem"', "https")
    stranger = tunnel("stranger", FRONT_ENDS["haproxy-tuned"], scheme="https")
    nginx, nginx_tuned = tunnel("nginx", FRONT_ENDS["nginx"]), tunnel("nginx-tuned", FRONT_ENDS["nginx-tuned"])
    limit = ("down", "frontend-body-limit")

    table.expect("well", {haproxy: ("up", "ok"), haproxy_tuned: ("up", "ok"), stranger: ("down", "cert-issuer"),
                          nginx: limit, nginx_tuned: ("up", "ok")})
    for manner, outcome in {"chunked": ("up", "ok"), "glued": ("up", "ok"), "pings": ("up", "ok"),
                            "no-c2": ("down", "in-channel"), "rpc-error": ("down", "rpc-error-6ba"),
                            "rejects": ("down", "rejected")}.items():
        proxy.be(manner)
        table.expect(manner, {haproxy_tuned: outcome, nginx: limit, nginx_tuned: outcome})
    proxy.be("well")
    proxy.freeze()
    table.expect("frozen", {haproxy_tuned: ("down", "timeout"), nginx: limit, nginx_tuned: ("down", "timeout")})
    proxy.thaw()
    table.expect("thawed", {haproxy_tuned: ("up", "ok"), nginx: limit, nginx_tuned: ("up", "ok")})
    proxy.kill()
    table.expect("killed", {haproxy: ("down", "status-503"),  # after it has tried for 3 s
                            nginx_tuned: ("down", "status-502")})
    table.hold()


def case_a_tunnel_that_leads_nowhere_moves_the_vip(lab):
    proxies = {node.name: RpcProxy(node) for node in lab.nodes}
    watched = Watched(lab, checks=often(EMSMDB))
    since = time.monotonic_ns()
    proxies[watched.owner.host.name].be("rpc-error")
    watched.wait_takeover(since, why="yielded")
    lab.wait_log("event=check .*emsmdb.*rpc-error-6ba", watched.owner.host, since)
    watched.assert_dark_at_most(since, LATE_MS)
    watched.assert_one_answer(since)
