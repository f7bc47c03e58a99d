"""What goes wrong with a connection, seen by the checks that know no more than HTTP, TCP and DCE/RPC."""
import signal

from services import Owa, Rpc
from verdicts import PORTS, Faulty, Table, check


def over_http(kind, port):
    return check(kind, f"{kind}-{port}", f'url = "http://mail.example.net/owa/"  connect = "127.0.0.1:{port}"')


def over_tcp(port):
    return check("tcp", f"tcp-{port}", f'connect = "127.0.0.1:{port}"')


def over_rpc(port):
    return check("rpc", f"rpc-{port}", f'connect = "127.0.0.1:{port}"  interfaces = {{"emsmdb"}}')


FAULTS = {  # what HTTP makes of it; what TCP does; what DCE/RPC does
    "refused": (("down", "refused"), ("down", "refused"), ("down", "refused")),
    "reset": (("down", "reset"), ("up", "ok"), ("down", "reset")),
    "eof": (("down", "eof"), ("up", "ok"), ("down", "eof")),
    "mute": (("down", "timeout"), ("up", "ok"), ("down", "timeout")),
    "trickle": (("down", "timeout"), ("up", "ok"), ("down", "timeout")),
    "endless": (("up", "ok"), ("up", "ok"), ("down", "bad-pdu")),  # the page is right as far as anybody reads it
}


def case_each_check_has_a_verdict_on_each_fault_of_a_connection(lab):
    Faulty(lab.nodes[0])
    table = Table(lab.nodes[0])
    for fault, (http, tcp, rpc) in FAULTS.items():
        port = PORTS[fault]
        table.expect(fault, {over_http("http", port): http, over_http("healthcheck", port): http,
                             over_http("owa", port): http, over_tcp(port): tcp, over_rpc(port): rpc})
    table.hold()


def case_real_servers_that_are_killed_or_frozen_are_told_apart(lab):
    host = lab.nodes[0]
    owa, rpc, table = Owa(host), Rpc(host), Table(host)
    page = 'url = "https://mail.example.net/owa/healthcheck.htm"  connect = "127.0.0.1:443"  ca_file = ' \
        '"/run/casvip/ca.pem"'
    health, logon = check("healthcheck", "healthcheck", page), check("owa", "owa", page.replace("healthcheck.htm", ""))
    mapper = over_rpc(135)
    table.expect("nothing", {health: ("up", "ok"), logon: ("up", "logon"), mapper: ("up", "ok")})
    for process in (owa.process, rpc.server):
        process.send_signal(signal.SIGSTOP)
    table.expect("frozen", {health: ("down", "timeout"), logon: ("down", "timeout"), mapper: ("down", "timeout")})
    for process in (owa.process, rpc.server):
        process.send_signal(signal.SIGCONT)
    table.expect("thawed", {health: ("up", "ok"), logon: ("up", "logon"), mapper: ("up", "ok")})
    owa.kill()
    rpc.stop_server()
    table.expect("killed", {health: ("down", "refused"), logon: ("down", "refused"), mapper: ("down", "refused")})
    table.hold()
