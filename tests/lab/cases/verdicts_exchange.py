"""What the checks of an Exchange-style host's HTTP services say of real servers in every kind of trouble, as strangers and
with a password."""
import signal

import exchange
from exchange import WHERE, Exchange, asks
from verdicts import OK_PAGE, PORTS, Faulty, Table, look

SESSION = 'session = true  user_dn = "/o=First Organization/ou=Exchange/cn=Recipients/cn=probe"'
CHALLENGE, REJECTED = ("up-auth", "challenge"), ("auth-rejected", "auth-rejected")


def all_kinds(port, stranger, known=None):
    """Every kind twice, as a stranger and with a password, and MAPI's session: {check: outcome}. An outcome may be a
    dictionary by kind, with "" for the others."""
    def of(outcomes, kind):
        return outcomes.get(kind, outcomes[""]) if isinstance(outcomes, dict) else outcomes
    known = known or stranger
    row = {asks(kind, port): of(stranger, kind) for kind in WHERE}
    row.update({asks(kind, port, True): of(known, kind) for kind in WHERE})
    row[asks("mapi", port, True, SESSION)] = of(known, "session") if isinstance(known, dict) else known
    return row


def case_services_are_up_for_those_they_know_and_challenge_strangers(lab):
    services, table = Exchange(lab.nodes[0]), Table(lab.nodes[0])
    table.expect("nothing", all_kinds(443, CHALLENGE, ("up", "ok")))
    services.take_password("changed")
    table.expect("wrong password", all_kinds(443, CHALLENGE, REJECTED))
    services.take_password(exchange.PASSWORD)
    services.give_password(exchange.PASSWORD, 0o640)
    table.expect("rights", all_kinds(443, CHALLENGE, ("unknown", "credentials")))
    table.hold()


def case_services_that_answer_wrongly_are_down(lab):
    Exchange(lab.nodes[0])
    table = Table(lab.nodes[0])
    page, header, code = ("down", "body"), ("down", "header"), ("down", "no-response-code")
    other = {"": ("up", "ok"), "activesync": header, "mapi": code, "session": code, "outlook-anywhere": page}
    table.expect("some other page", all_kinds(
        exchange.PLAIN_PAGE, {**other, **dict.fromkeys(("ews", "autodiscover", "oab"), ("down", "not-asked"))},
        {**other, "ews": page, "autodiscover": page}))
    table.expect("no challenge", all_kinds(exchange.NO_CHALLENGE, ("down", "no-challenge"), REJECTED))
    table.expect("forbidden", {**all_kinds(exchange.FORBIDDEN, ("down", "status-403")),
                               asks("oab", exchange.FORBIDDEN, more="accept_403 = true").replace("oab-", "oab-403-"):
                               ("up-auth", "forbidden")})
    table.expect("failed", all_kinds(exchange.FAILED, ("down", "status-500")))
    table.expect("body limit", all_kinds(exchange.SMALL, ("down", "frontend-body-limit")))
    table.expect("dead behind nginx", all_kinds(exchange.NGINX_DEAD, ("down", "status-502")))
    table.expect("dead behind HAProxy", all_kinds(exchange.HAPROXY_DEAD, ("down", "status-503")))
    table.hold()


def case_services_with_a_bad_certificate_are_down(lab):
    Exchange(lab.nodes[0])
    table = Table(lab.nodes[0])
    table.expect("expired", all_kinds(exchange.EXPIRED, ("down", "cert-expired")))
    table.expect("another name", all_kinds(exchange.OTHER_NAME, ("down", "cert-name")))
    table.expect("self-signed", all_kinds(exchange.SELF_SIGNED, ("down", "cert-self-signed")))
    table.hold()


def case_services_whose_connections_fail_are_down(lab):
    Exchange(lab.nodes[0])
    Faulty(lab.nodes[0], OK_PAGE)
    table = Table(lab.nodes[0])
    for fault in ("refused", "reset", "eof"):
        table.expect(fault, all_kinds(PORTS[fault], ("down", fault)))
    for fault in ("mute", "trickle"):
        table.expect(fault, all_kinds(PORTS[fault], ("down", "timeout")))
    page, code = ("down", "body"), ("down", "no-response-code")
    endless = {"": ("up", "ok"), "activesync": ("down", "header"), "mapi": code, "session": code, "outlook-anywhere": page}
    table.expect("endless", all_kinds(
        PORTS["endless"], {**endless, **dict.fromkeys(("ews", "autodiscover", "oab"), ("down", "not-asked"))},
        {**endless, "ews": page, "autodiscover": page}))
    table.hold()


def case_services_that_are_frozen_or_killed_are_told_apart(lab):
    services, table = Exchange(lab.nodes[0]), Table(lab.nodes[0])
    services.process.send_signal(signal.SIGSTOP)
    table.expect("frozen", all_kinds(443, ("down", "timeout")))
    services.process.send_signal(signal.SIGCONT)
    table.expect("thawed", all_kinds(443, CHALLENGE, ("up", "ok")))
    services.kill()
    table.expect("killed", all_kinds(443, ("down", "refused")))
    table.hold()


def case_pages_are_known_by_their_headers_and_asked_for_by_any_method(lab):
    Exchange(lab.nodes[0])
    url = 'url = "http://mail.example.net/"  connect = "127.0.0.1:8200"'
    found = look(lab.nodes[0], "".join(f'check "{name}" {{ type = "http"  {url}  {more} }}\n' for name, more in {
        "head": 'method = "HEAD"', "post": 'method = "POST"', "options": 'method = "OPTIONS"',
        "header": 'expect_header = {"server: nginx", "Content-Type: text/"}',
        "missing": 'expect_header = {"Server: nginx", "X-Frame-Options: DENY"}', "other": 'expect_header = {"Server: IIS"}',
    }.items()))
    reasons = {name: (one.verdict, one.reason) for name, one in found.items()}
    assert reasons == {**dict.fromkeys(("head", "post", "options", "header"), ("up", "ok")),
                       "missing": ("down", "header"), "other": ("down", "header")}, reasons
