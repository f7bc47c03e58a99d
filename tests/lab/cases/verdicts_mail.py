"""What the checks of mail servers say of Dovecot and Exim, and of servers that are none, also to those who log on."""
import signal

from cases.verdicts_certificate import certificate
from certificates import Authority, give
from mail import PASSWORD, USER, Dovecot, Exim
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



def log_on(kind, port, tls="none", file="probe.cred"):
    return mail(kind, port, tls).replace("timeout =", f'credentials = "/run/casvip/{file}"  timeout =')


def all_log_on(outcome, **more):
    return {log_on(kind, port, tls, **more): outcome for kind in WAYS for port, tls in WAYS[kind]}


def case_who_logs_on_to_real_mail_servers_learns_of_their_directory_and_store(lab):
    host, table = lab.nodes[0], Table(lab.nodes[0])
    authority = Authority(f"{lab.dir}/authority")
    host.write("ca.pem", authority.text("ca.pem"))
    give(host, "mail", authority.leaf("good"))
    Dovecot(host)
    Exim(host)
    host.write("probe.cred", f"user = {USER}\npassword = {PASSWORD}\n", 0o600)
    host.write("wrong.cred", f"user = {USER}\npassword = {PASSWORD}x\n", 0o600)
    up = ("up", "ok")
    table.expect("right password", all_log_on(up))
    table.expect("wrong password", all_log_on(("auth-rejected", "auth-rejected"), file="wrong.cred"))
    table.expect("no file", {log_on("imap", 143, file="none.cred"): ("unknown", "credentials")})
    # Dovecot's IMAP lists an INBOX that it cannot open.
    host.run("chmod", "0", "/run/casvip/maildir")
    table.expect("store gone", {log_on("pop3", 110): ("down", "refusal"), log_on("smtp", 25): up})
    host.run("chmod", "700", "/run/casvip/maildir")
    host.signal(signal.SIGSTOP, "auth")
    table.expect("directory frozen", {**{log_on(kind, *way): ("down", "timeout") for kind in ("imap", "pop3")
                                         for way in WAYS[kind]}, log_on("smtp", 25): up})
    table.hold()


# What Gromox says with its index daemon broken, for one. Parts of the script end with a line %.
TALKS = {
    "imap": ["* OK ready\r\n", "* CAPABILITY IMAP4\r\n$ OK\r\n", "$ OK in\r\n", "$ NO server internal error\r\n"],
    "pop3": ["+OK ready\r\n", "+OK\r\nUSER\r\n.\r\n", "+OK\r\n", "+OK in\r\n", "-ERR server internal error\r\n"],
    "smtp": ["220 ready\r\n", "250 AUTH PLAIN\r\n", "334 \r\n", "454 4.7.0 try later\r\n"],
}
NO_WAY = ["220 ready\r\n", "250 SIZE\r\n"]
UNAVAILABLE = TALKS["imap"][:2] + ["$ NO [UNAVAILABLE] Temporary authentication failure.\r\n"]


def case_a_mail_server_that_fails_whoever_logs_on_is_down(lab):
    host, table, ports = lab.nodes[0], Table(lab.nodes[0]), []
    host.write("probe.cred", f"user = {USER}\npassword = {PASSWORD}\n", 0o600)

    def port(talk):
        number = 7400 + len(ports)
        host.write(f"{number}.txt", "%\r\n".join(talk))
        ports.append(f"{number}=script:/run/casvip/{number}.txt")
        return number
    rows = {
        "refused LIST, or AUTH": {log_on("imap", port(TALKS["imap"])): ("down", "refusal"),
                                  log_on("pop3", port(TALKS["pop3"])): ("down", "refusal"),
                                  log_on("smtp", port(TALKS["smtp"])): ("down", "status-454")},
        "silent after that": {log_on(kind, port(talk[:-1])): ("down", "timeout") for kind, talk in TALKS.items()},
        "silent before": {log_on(kind, port(talk[:2])): ("down", "timeout") for kind, talk in TALKS.items()},
        "directory down": {log_on("imap", port(UNAVAILABLE)): ("down", "refusal")},
        "no way to log on": {log_on("smtp", port(NO_WAY)): ("down", "no-login")},
        "nobody logs on": {mail(kind, port(talk)): ("up", "ok") for kind, talk in TALKS.items()},
    }
    host.spawn("/usr/bin/python3", f"{HERE}/faulty.py", "127.0.0.1", *ports, name="faulty")
    lab.wait_for(lambda: "ready" in host.said("faulty"), 10, "the faulty server listens")
    for fault, wanted in rows.items():
        table.expect(fault, wanted)
    table.hold()
