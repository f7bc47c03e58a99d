#!/usr/bin/python3
"""An RPC proxy with EMSMDB, NSPI and RFRI behind it, RPC over HTTP version 2: rpcproxy.py ADDRESS PORT MANNER-FILE

It says what Gromox 3.10 said on the wire. MANNER-FILE holds a word, read anew for each request:

well            as it should be
chunked         the OUT channel's body in chunks, as Forefront TMG sends it
glued           CONN/A3 and CONN/C2 in one write
portions        one octet a write
pings           pings and flow control before and after each PDU
mute            takes everything, says nothing
reset, closes   both channels, once their heads are read
trickle         the OUT channel's answer, one octet a second
challenge       401 with three challenges on both channels; challenge-out: and hangs up on the IN channel
no-challenge    401 without any
login           as it should be for probe with the password secret (Basic), a challenge to all others
rpc-error       503 RPC Error: 6ba
page            200 with a page that holds CONN/A3 and CONN/C2
in-STATUS       that status on the IN channel
in-closes       closes the IN channel
no-c2           never sends CONN/C2; no-a3: nothing after the head of the answer
c2-first        CONN/C2 before CONN/A3; a3-twice
unasked         the bind_ack before the bind
garbage         HTML where a PDU should be
endless         pings for ever
ends            ends the OUT channel after CONN/C2
rejects         rejects every interface; denies: fault 5 to the bind; busy: bind_nak 2
no-dummy        fault 0x6e4 to EcDummyRpc; fails: it returns 0x80004005; hangs: no answer to it
fragments       EcDummyRpc's reply in three"""
import asyncio
import socket
import struct
import sys

CONN_A3 = bytes.fromhex("05001403100000001c00000000000000 000001000200000020bf0200")
CONN_C2 = bytes.fromhex("05001403100000002c00000000000000 00000300060000000100000000000000 000001000200000020bf0200")
PING = bytes.fromhex("05001403100000001400000000000000 01000000")
FLOW_CONTROL = bytes.fromhex("05001403100000003800000000000000 02000200 0d00000000000000"
                             "01000000 68000000 00000100 3923 6d7375bb8175e08010747f1ce927")
BIND_ACK = bytes.fromhex("05000c03100000004400000001000000 d016002001000000 0500363030310000 0100000000000000"
                         "045d888aeb1cc9119fe808002b104860 02000000 0000000000000000")
REJECTED = bytes.fromhex("05000c03100000004400000001000000 d0160020ffffff0f 0500363030310000 0100000002000100"
                         "045d888aeb1cc9119fe808002b104860 02000000 0000000000000000")
BIND_NAK = bytes.fromhex("05000d03100000001800000001000000 0200010500000000")
DUMMY = bytes.fromhex("05000203100000001c00000002000000 0400000000000000 00000000")
FAULT = bytes.fromhex("05000303100000002000000000000000 1800000000000000 0000000000000000")
HEAD_BYTES, REQUEST, BIND = 16, 0, 11
INTERFACES = [bytes.fromhex(uuid) for uuid in ("00dbf1a447ca6710b31f00dd010662da", "185accf56442 1a108c5908002b2f8426",
                                               "e0f544153c61d11193df00c04fd7bd09")]
STATUS = {401: "Unauthorized", 413: "Request Entity Too Large", 502: "Bad Gateway", 200: "Success"}

connections = {}  # cookie of the virtual connection: Connection


def manner():
    with open(sys.argv[3]) as file:
        return file.read().strip()


def fault(call, status):
    return FAULT[:12] + struct.pack("<I", call) + FAULT[16:24] + struct.pack("<I", status) + FAULT[28:]


class Connection:
    def __init__(self):
        self.out, self.how, self.has_in = None, "well", asyncio.Event()


class Out:
    """The OUT channel's answer, in the manner that was asked for."""
    def __init__(self, writer, how):
        self.writer, self.how = writer, how

    async def head(self):
        length = "Transfer-Encoding: chunked" if self.how == "chunked" else "Content-Length: 1073741824"
        kind = "text/html" if self.how == "page" else "application/rpc"
        head = f"HTTP/1.1 200 Success\r\nContent-Type: {kind}\r\n{length}\r\n\r\n".encode()
        await (self.slowly(head, 1) if self.how == "trickle" else self.raw(head))

    async def slowly(self, octets, seconds):
        for octet in octets:
            await self.raw(bytes([octet]))
            await asyncio.sleep(seconds)

    async def raw(self, octets):
        self.writer.write(octets)
        await self.writer.drain()

    async def send(self, pdu):
        if self.how == "pings":
            pdu = PING + FLOW_CONTROL + pdu + PING
        if self.how == "chunked":
            await self.raw(b"%x\r\n%s\r\n" % (len(pdu), pdu))
        elif self.how == "portions":
            await self.slowly(pdu, 0)
        else:
            await self.raw(pdu)


async def refuse(writer, status, reason=None, challenges=()):
    lines = [f"HTTP/1.1 {status} {reason or STATUS[status]}", "Content-Length: 0", "Connection: close",
             *(f"WWW-Authenticate: {challenge}" for challenge in challenges)]
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
    await writer.drain()


async def refused(method, how, reader, writer):
    """Has a manner ended this channel by itself?"""
    is_in = method == "RPC_IN_DATA"
    if how == "mute" or (how == "trickle" and is_in):
        await reader.read(-1)
    elif how == "reset":
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    elif how == "closes":
        writer.write_eof()  # and reads on: a close before all was read would be a reset
        await reader.read(-1)
    elif how == "challenge" or (how == "challenge-out" and not is_in):
        await refuse(writer, 401, challenges=("Negotiate", "NTLM", 'Basic realm="mail"'))
    elif how == "no-challenge":
        await refuse(writer, 401)
    elif how == "rpc-error":
        await refuse(writer, 503, "RPC Error: 6ba")
    elif is_in and how.startswith("in-") and how[3:].isdigit():
        await refuse(writer, int(how[3:]), challenges=("NTLM",))
    else:
        return is_in and how in ("challenge-out", "in-closes")
    return True


async def pdu_from(reader):
    head = await reader.readexactly(HEAD_BYTES)
    return head + await reader.readexactly(struct.unpack_from("<H", head, 8)[0] - HEAD_BYTES)


async def serve_out(connection, reader, writer, how):
    out = connection.out = Out(writer, how)
    connection.how = how
    await out.head()
    if how == "no-a3":
        await reader.read(-1)
    elif how == "c2-first":
        await out.send(CONN_C2)
    elif how == "garbage":
        await out.send(b"<html><head><title>502 Bad Gateway</title></head></html>\r\n")
    while how == "endless":
        await out.send(PING * 100)
    if how not in ("glued", "page"):
        await out.send(CONN_A3)
    if how == "a3-twice":
        await out.send(CONN_A3)
    await connection.has_in.wait()
    if how != "no-c2":
        await out.send({"glued": CONN_A3, "page": CONN_A3}.get(how, b"") + CONN_C2 +
                       {"unasked": BIND_ACK}.get(how, b""))
    if how != "ends":
        await reader.read(-1)  # until the client goes


def replies(how, pdu):
    """What the server behind the proxy says to it."""
    kind, call = pdu[2], struct.unpack_from("<I", pdu, 12)[0]
    if kind == BIND:
        if how == "denies":
            return [fault(call, 5)]
        if how == "busy":
            return [BIND_NAK]
        return [BIND_ACK if pdu[32:48] in INTERFACES and how != "rejects" else REJECTED]
    assert kind == REQUEST and pdu[22:24] == b"\6\0", pdu
    if how == "no-dummy":
        return [fault(call, 0x6e4)]
    if how == "fails":
        return [DUMMY[:24] + struct.pack("<I", 0x80004005)]
    if how == "fragments":
        def part(flags, octets):
            return b"".join((DUMMY[:3], bytes([flags]), DUMMY[4:8], struct.pack("<H", 24 + octets), DUMMY[10:24],
                             bytes(octets)))
        return [part(1, 1), part(0, 2), part(2, 1)]
    return [] if how == "hangs" else [DUMMY]


async def serve_in(connection, reader):
    connection.has_in.set()
    while True:
        pdu = await pdu_from(reader)
        for reply in replies(connection.how, pdu):
            await connection.out.send(reply)


async def serve_client(head, how, reader, writer):
    """One request: a channel of a virtual connection."""
    method = head.decode().split(" ", 1)[0]
    if await refused(method, how, reader, writer):
        return
    first = await pdu_from(reader)
    assert len(first) == {"RPC_OUT_DATA": 76, "RPC_IN_DATA": 104}[method], first
    connection = connections.setdefault(first[32:48], Connection())
    if method == "RPC_OUT_DATA":
        await serve_out(connection, reader, writer, how)
    else:
        await serve_in(connection, reader)


async def client(reader, writer):
    try:
        head, how = await reader.readuntil(b"\r\n\r\n"), manner()
        if how == "login":
            how = "well" if b"Authorization: Basic cHJvYmU6c2VjcmV0\r\n" in head else "challenge"
        await serve_client(head, how, reader, writer)
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def main():
    await asyncio.start_server(client, sys.argv[1], int(sys.argv[2]))
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
