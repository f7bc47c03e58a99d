"""What the checks say of services in every kind of trouble: a table, check x fault -> verdict.

    table = Table(host)
    table.expect("killed", {owa: ("down", "refused"), ...})    # casvip-checks --once, now
    table.hold()                                               # all rows, or an error that shows the table

A check is the text of its section. All checks of a row run at once, so a row costs one timeout at most."""
import os
import re

from agents import config

HERE = os.path.dirname(os.path.abspath(__file__))
LINE = re.compile(r"^mail/(\S+) +(\S+) +(\S+) +(\S*) +([0-9.]+)  (.*)$", re.MULTILINE)
OK_PAGE = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n200 OK<br/>CAS1.example.net"
PORTS = {"refused": 7001, "reset": 7002, "eof": 7003, "mute": 7004, "trickle": 7005, "endless": 7006}


class Found:
    def __init__(self, verdict, reason, took_ms, words):
        self.verdict, self.reason, self.took_ms, self.words = verdict, reason, float(took_ms), words


def look(host, checks, vip_more=""):
    """What casvip-checks finds now: {name: Found}."""
    host.write("try.conf", config(host.lab, checks=checks, vip_more=vip_more))
    done = host.run("/run/build/casvip-checks", "--once", "-f", "/run/casvip/try.conf", check=False, timeout=60)
    assert done.returncode in (0, 1), done.stderr
    return {name: Found(*found) for name, _, *found in LINE.findall(done.stdout)}


def check(kind, name, more):
    """The text of a check that does not wait long."""
    return f'check "{name}" {{ type = "{kind}"  timeout = "700ms"  {more} }}\n'


class Table:
    def __init__(self, host):
        self.host, self.rows, self.wrong = host, [], 0

    def expect(self, fault, wanted):
        """`wanted`: {text of a check: (verdict, reason)}."""
        names = {re.search(r'check "([^"]+)"', text)[1]: outcome for text, outcome in wanted.items()}
        found = look(self.host, "".join(wanted))
        assert set(found) == set(names), f"{fault}: asked for {sorted(names)}, told of {sorted(found)}"
        for name, outcome in names.items():
            is_fine = (found[name].verdict, found[name].reason) == outcome
            self.wrong += not is_fine
            self.rows.append((fault, name, found[name], "" if is_fine else f"WRONG, wanted {outcome}"))

    def __str__(self):
        return "\n".join(f"{fault:24} {name:24} {found.verdict:14} {found.reason:20} {found.words}  {note}"
                         for fault, name, found, note in self.rows)

    def hold(self):
        print(self)
        assert self.rows and not self.wrong, f"{self.wrong} of {len(self.rows)} verdicts are wrong:\n{self}"


class Faulty:
    """faulty.py on 127.0.0.1: every manner of PORTS at its port; on "refused" nobody listens. `text` is what the
    trickle and the endless one send."""

    def __init__(self, host, text=OK_PAGE, ports=None):
        self.host = host
        host.write("faulty.txt", text)
        ports = ports or {port: manner for manner, port in PORTS.items() if manner != "refused"}
        self.process = host.spawn("/usr/bin/python3", f"{HERE}/faulty.py", "127.0.0.1",
                                  *(f"{port}={manner}:/run/casvip/faulty.txt" if manner in ("reply", "greet", "trickle",
                                    "endless") else f"{port}={manner}" for port, manner in ports.items()),
                                  name="faulty")
        host.lab.wait_for(lambda: "ready" in host.said("faulty"), 10, "the faulty server listens")
