"""RPC over TCP: each interface behind Samba's endpoint mapper, or on a port that was made static."""
import re
import signal

from services import INTERFACES, Rpc
from verdicts import Table, check, look

ALL = ("emsmdb", "nspi", "rfri")


def rpc(name, interfaces, more=""):
    listed = ", ".join(f'"{interface}"' for interface in interfaces)
    return check("rpc", name, f'connect = "127.0.0.1:135"  interfaces = {{{listed}}}  {more}')


def static(name, interface, port=None):
    return rpc(name, (interface,), f"port = {port or INTERFACES[interface][1]}")


def case_every_interface_is_found_behind_the_mapper_or_on_its_static_port(lab):
    server, table = Rpc(lab.nodes[0], interfaces=ALL), Table(lab.nodes[0])
    mapped = {name: rpc(name, (name,)) for name in ALL}
    fixed = {name: static(f"static-{name}", name) for name in ALL}
    together = rpc("together", ALL)
    up = dict.fromkeys([*mapped.values(), *fixed.values(), together], ("up", "ok"))

    table.expect("nothing", up)
    # Samba rejects what it does not know; impacket hangs up.
    table.expect("another's port", {static("wrong", "nspi", 6001): ("down", "eof"),
                                    static("closed", "nspi", 6003): ("down", "refused"),
                                    static("mapper", "nspi", 135): ("down", "rejected")})
    server.unregister("nspi")
    table.expect("not registered", {**up, mapped["nspi"]: ("down", "not-registered"),
                                    together: ("down", "not-registered")})
    server.register("nspi", port=6002)
    table.expect("registered elsewhere", {**up, mapped["nspi"]: ("down", "eof"), together: ("down", "eof")})
    server.register("nspi")
    server.stop_server("rfri")
    table.expect("killed", {**up, mapped["rfri"]: ("down", "refused"), fixed["rfri"]: ("down", "refused"),
                            together: ("down", "refused")})
    server.start_server("rfri")
    server.servers["nspi"].send_signal(signal.SIGSTOP)
    table.expect("frozen", {**up, mapped["nspi"]: ("down", "timeout"), fixed["nspi"]: ("down", "timeout"),
                            together: ("down", "timeout")})
    server.servers["nspi"].send_signal(signal.SIGCONT)
    table.expect("thawed", up)
    table.hold()


def case_static_ports_answer_with_the_mapper_dead(lab):
    server, table = Rpc(lab.nodes[0]), Table(lab.nodes[0])
    server.mapper.send_signal(signal.SIGKILL)
    server.mapper.wait()
    table.expect("mapper killed", {rpc("mapped", ("emsmdb",)): ("down", "refused"),
                                   static("static", "emsmdb"): ("up", "ok")})
    table.hold()


def case_an_interface_that_is_not_registered_is_told_with_what_the_mapper_has(lab):
    host = lab.nodes[0]
    server, asked = Rpc(host, interfaces=ALL), rpc("rpc", ("nspi",))

    def expect(words):
        found = look(host, asked)["rpc"]
        assert (found.verdict, found.reason) == ("down", "not-registered"), vars(found)
        assert re.fullmatch(f"nspi is not registered at the endpoint mapper, which {words}", found.words), found.words
    server.unregister("nspi")
    expect("has emsmdb, rfri and [1-9][0-9]* other endpoints")
    server.register("nspi", protocols=("ncacn_http",))
    expect("has it, but not over TCP: nspi")
    for interface in ALL:
        server.unregister(interface)
    expect("has [1-9][0-9]* endpoints, none of Outlook's")
