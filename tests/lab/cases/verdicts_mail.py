"""What the checks of mail servers say of Dovecot and Exim, and of servers that are none."""
import signal

from cases.verdicts_certificate import certificate
from certificates import Authority, give
from mail import Dovecot, Exim
from verdicts import HERE, Table, check

WAYS = {  # port and way to TLS
    "imap": ((143, "none"), (143, "starttls"), (993, "implicit")),
    "pop3": ((110, "none"), (110, "starttls"), (995, "implicit")),
    "smtp": ((25, "none"), (587, "starttls"), (465, "implicit")),
}
GREETINGS = {"imap": "* OK ready\r\n", "pop3": "+OK ready\r\n", "smtp": "220 ready\r\n"}


def mail(kind, port, tls="none"):
    more = f'connect = "127.0.0.1:{port}"  tls = "{tls}"  '
    if tls != "none":
        more += 'host = "mail.example.net"  ca_file = "/run/casvip/ca.pem"'
    return check(kind, f"{kind}-{port}-{tls}", more)


def each(plain, starttls=None, implicit=None, kinds=WAYS):
    """Every protocol in every way to TLS that has an expectation."""
    outcomes = {"none": plain, "starttls": starttls, "implicit": implicit}
    return {mail(kind, port, tls): outcomes[tls] for kind in kinds for port, tls in WAYS[kind] if outcomes[tls]}


def case_real_mail_servers_are_told_from_dead_frozen_and_misconfigured_ones(lab):
    host = lab.nodes[0]
    authority, table = Authority(f"{lab.dir}/authority"), Table(host)
    host.write("ca.pem", authority.text("ca.pem"))
    give(host, "mail", authority.leaf("good"))
    servers, seen = (Dovecot(host), Exim(host)), certificate("certificate", 993)
    up, timeout = ("up", "ok"), ("down", "timeout")
    table.expect("nothing", {**each(up, up, up), seen: up})
    for server in servers:
        server.signal(signal.SIGSTOP)
    table.expect("frozen", {**each(timeout, timeout, timeout), seen: timeout})
    for server in servers:
        server.signal(signal.SIGCONT)
    table.expect("thawed", {**each(up, up, up), seen: up})
    give(host, "mail", authority.leaf("expired", begins=-9, ends=-2))
    for server in servers:
        server.restart()
    expired = ("down", "cert-expired")
    table.expect("bad certificate", {**each(up, expired, expired), seen: expired})
    for server in servers:
        server.restart(tls=False)
    table.expect("no STARTTLS", each(up, ("down", "no-starttls")))
    for server in servers:
        server.kill()
    refused = ("down", "refused")
    table.expect("killed", {**each(refused, refused, refused), seen: refused})
    table.hold()


def case_each_mail_check_has_a_verdict_on_each_fault_of_a_connection(lab):
    host, table = lab.nodes[0], Table(lab.nodes[0])
    host.write("ca.pem", Authority(f"{lab.dir}/authority").text("ca.pem"))
    ports, texts = [], {"ssh": "SSH-2.0-OpenSSH_9.2p1\r\n", "bye": "* BYE overloaded\r\n", "err": "-ERR busy\r\n",
                        "421": "421 too busy\r\n", "554": "554-no\r\n554 go away\r\n", "line": "x" * 4096,
                        "imap": "* OK x\r\n", "pop3": "+OK x\r\n", "smtp": "220-x\r\n", **{
                            f"{kind}-greeting": text for kind, text in GREETINGS.items()}}
    for name, text in texts.items():
        host.write(f"{name}.txt", text)

    def port(manner, text=""):
        ports.append(f"{7100 + len(ports)}={manner}" + (f":/run/casvip/{text}.txt" if text else ""))
        return 7099 + len(ports)

    def all_at(number, outcome, certificate_too=None):
        return {**{mail(kind, number): outcome for kind in WAYS},
                certificate("certificate", number): certificate_too or outcome}
    rows = {
        "refused": all_at(7001, ("down", "refused")),
        "reset": all_at(port("abort"), ("down", "reset")),
        "eof": {**{mail(kind, port("hang-up")): ("down", "eof") for kind in WAYS},
                certificate("certificate", port("eof")): ("down", "eof")},  # a client of TLS speaks first
        "mute": all_at(port("mute"), ("down", "timeout")),
        "mute, TLS": {mail(kind, port("mute"), "implicit"): ("down", "timeout") for kind in WAYS},
        "trickle": {mail(kind, port("trickle", f"{kind}-greeting")): ("down", "timeout") for kind in WAYS},
        "greets and is mute": {mail(kind, port("greet", f"{kind}-greeting")): ("down", "timeout") for kind in WAYS},
        "wrong greeting": all_at(port("greet", "ssh"), ("down", "protocol"), ("down", "tls")),
        "says no": {mail("imap", port("greet", "bye")): ("down", "bye"),
                    mail("pop3", port("greet", "err")): ("down", "refusal"),
                    mail("smtp", port("greet", "421")): ("down", "status-421"),
                    mail("smtp", port("greet", "554")): ("down", "status-554")},
        "endless line": all_at(port("flood", "line"), ("down", "too-long"), ("down", "tls")),
        "endless lines": {mail("pop3", port("flood", "pop3")): ("down", "too-long"),
                          mail("smtp", port("flood", "smtp")): ("down", "too-long")},
    }
    host.spawn("/usr/bin/python3", f"{HERE}/faulty.py", "127.0.0.1", *ports, name="faulty")
    lab.wait_for(lambda: "ready" in host.said("faulty"), 10, "the faulty server listens")
    for fault, wanted in rows.items():
        table.expect(fault, wanted)
    table.hold()
