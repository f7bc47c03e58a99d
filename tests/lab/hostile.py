#!/usr/bin/python3
"""A server whose TLS is in order and whose replies are not: hostile.py ADDRESS SEED CERTIFICATE KEY

On each of PORTS stands a server that speaks its protocol well. What it says is changed on its way out, in a manner that
is drawn for each connection: not at all, so that a probe comes to its later steps; now and then; always; in pieces; again
and again without end. Once a second it prints how many replies it has begun, as a dictionary by port.

The draws of a connection depend on the seed, its port and its number alone."""
import asyncio
import base64
import json
import logging
import random
import socket
import ssl
import struct
import sys

import rpcproxy
from exchange import PAGES, WHERE
from services import NAME

PORTS = {"https": 7601, "http": 7602, "rpc": 7603, "imap": 7604, "imaps": 7605, "pop3": 7606, "pop3s": 7607,
         "smtp": 7608, "smtps": 7609, "dns": 7610}
FLOOD_BYTES = 4 << 20
IDLE_S = 5  # nobody's probe is so long

# The endpoint mapper's answer: at a port, which stands at PORT_AT.
EPT_MAP = bytes.fromhex(
    "05000203100000009800000002000000 80000000 00000000" + "00" * 20 + "01000000 04000000 00000000 01000000 03000000"
    "4b000000 4b000000 0500 1300 0d 00dbf1a447ca6710b31f00dd010662da0000 0200 0000 1300 0d"
    "045d888aeb1cc9119fe808002b1048600200 0200 0000 0100 0b 0200 0000 0100 07 0200 1771 0100 09 0400 c000020a 00 00000000")
PORT_AT, BIND, EPT_MAP_OPNUM = EPT_MAP.index(b"\x17\x71"), 11, 3
NTLM_CHALLENGE = base64.b64encode(b"NTLMSSP\0" + struct.pack("<IHHIIQQHHI", 2, 8, 8, 48, 0xa28a0205, 0x0123456789abcdef, 0,
                                                             4, 4, 56) + "MAIL".encode("utf-16le") + bytes(4)).decode()
CHALLENGES = ["WWW-Authenticate: Negotiate", "WWW-Authenticate: NTLM", 'WWW-Authenticate: Basic realm="mail"']
EXTRA = {"activesync": ["MS-ASProtocolVersions: 2.5,12.0,14.1"],
         "mapi-connect": ["X-ResponseCode: 0", "Set-Cookie: sid=A; path=/mapi", "Set-Cookie: sequence=1"],
         "mapi-ping": ["X-ResponseCode: 0", "Set-Cookie: sequence=2"], "mapi-disconnect": ["X-ResponseCode: 0"],
         "mapi-refused": ["X-ResponseCode: 6"]}
ODD_NUMBERS = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff]


def page(status, headers, body, chunked):
    if chunked:
        headers = [*headers, "Transfer-Encoding: chunked"]
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body) if body else b"0\r\n\r\n"
    else:
        headers = [*headers, f"Content-Length: {len(body)}"]
    return "\r\n".join([f"HTTP/1.1 {status}", "Content-Type: text/html", *headers, "", ""]).encode() + body


def mutated(octets, draw):
    octets = bytearray(octets)
    for _ in range(draw.choice((1, 1, 2, 4, 16))):
        at, length = draw.randrange(len(octets) + 1), draw.choice((1, 1, 2, 4, 32))
        kind = draw.randrange(7)
        if kind == 0 and at < len(octets):
            octets[at] ^= 1 << draw.randrange(8)
        elif kind == 1:
            del octets[at:at + length]
        elif kind == 2:
            octets[at:at] = octets[at:at + length] * draw.choice((1, 2, 200))
        elif kind == 3:
            octets[at:at] = draw.randbytes(length)
        elif kind == 4:
            del octets[at:]
        elif kind == 5:
            size = draw.choice((1, 2, 4))
            octets[at:at + size] = (draw.choice(ODD_NUMBERS) % (1 << 8 * size)).to_bytes(
                size, draw.choice(("little", "big")))
        else:
            octets[at:at + length] = draw.choice((b"\r\n", b"\n", b"\0", b":", b"\xff" * 300, b"A" * 5000,
                                                  b"999999999999999999999", b"-1", b"HTTP/1.1 100 \r\n\r\n"))
    return bytes(octets)


class Writer:
    """The other side's way out: what is written is changed in this connection's manner."""

    def __init__(self, writer, draw, kind):
        self.writer, self.draw, self.kind = writer, draw, kind
        self.rate = draw.choice((0, 0, 0.3, 1, 1))  # of writes that are changed
        self.how = draw.choice(("whole",) * 6 + ("pieces", "flood", "reset", "stays"))
        self.out = []

    def write(self, octets):
        served[self.kind] += 1
        if octets and self.draw.random() < self.rate:
            octets = mutated(octets, self.draw)
        self.out.append(octets)

    async def drain(self):
        out, self.out = b"".join(self.out), []
        size = self.draw.choice((1, 7, 100, 4096)) if self.how == "pieces" else len(out)
        parts = [out[at:at + size] for at in range(0, len(out), size)] if out else []
        if self.how == "flood" and out:
            parts += [out * (1 + FLOOD_BYTES // 64 // len(out))] * 64
        for part in parts:
            if self.writer.is_closing():
                raise ConnectionError
            self.writer.write(part)
            await self.writer.drain()
            await asyncio.sleep(0)  # drain() alone lets nobody else have a turn

    async def start_tls(self, context):
        await self.drain()
        await self.writer.start_tls(context)

    def get_extra_info(self, name):
        return self.writer.get_extra_info(name)

    def close(self):
        self.writer.close()


async def serve_web(reader, writer, head):
    """Whatever the path asks for, or any other service's answer."""
    lines = head.decode("latin-1").split("\r\n")
    path, fields = lines[0].split(" ")[1], {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        fields[name.lower()] = value.strip()
    await reader.readexactly(int(fields.get("content-length", 0)))
    kind = next((kind for kind, where in WHERE.items() if path.startswith(where.split("?")[0])), "owa")
    kind = {"mapi": f"mapi-{fields.get('x-requesttype', 'refused').lower()}", "outlook-anywhere": "echo"}.get(kind, kind)
    if writer.draw.random() < 0.2:
        kind = writer.draw.choice(list(PAGES))
    authorization = fields.get("authorization", "")
    chunked = writer.draw.random() < 0.3
    if authorization.startswith("NTLM TlRMTVNTUAAB"):
        said = page("401 Unauthorized", [f"WWW-Authenticate: NTLM {NTLM_CHALLENGE}"], b"", False)
    elif path.endswith("/healthcheck.htm"):
        said = page("200 OK", [], b"200 OK<br/>CAS1.example.net", chunked)
    elif not authorization and writer.draw.random() < 0.3:
        said = page("401 Unauthorized", CHALLENGES, b"<html></html>", chunked)
    elif kind in ("owa", "ecp") and writer.draw.random() < 0.5:
        said = page("302 Found", [f"Location: https://{NAME}/owa/auth/logon.aspx?url=x"], b"", chunked)
    else:
        said = page("200 OK", EXTRA.get(kind, []), PAGES[kind], chunked)
    writer.write(said)
    await writer.drain()
    return authorization.startswith("NTLM TlRMTVNTUAAB")


async def web(reader, writer):
    while True:
        head = await reader.readuntil(b"\r\n\r\n")
        length = head.lower().partition(b"content-length:")[2].split(b"\r")[0]
        if head.startswith(b"RPC_") and int(length or 0) > 16:  # less is an echo
            await rpcproxy.serve_client(head, writer.draw.choice(("well", "chunked", "pings", "fragments", "glued")),
                                        reader, writer)
            return
        if not await serve_web(reader, writer, head):
            return


async def rpc(reader, writer):
    """The endpoint mapper, and the interfaces that it tells to be here."""
    while True:
        pdu = await rpcproxy.pdu_from(reader)
        opnum = struct.unpack_from("<H", pdu, 22)[0]
        if pdu[2] == BIND:
            said = rpcproxy.BIND_ACK
        elif opnum == EPT_MAP_OPNUM:
            said = EPT_MAP[:PORT_AT] + struct.pack(">H", PORTS["rpc"]) + EPT_MAP[PORT_AT + 2:]
        else:
            said = rpcproxy.DUMMY
        writer.write(said[:12] + pdu[12:16] + said[16:])
        await writer.drain()


def mail(greeting, answers):
    """`answers`: {command: reply}, "" for whatever else is said, with %T for the client's tag; STARTTLS and STLS are
    followed by TLS."""
    async def serve(reader, writer):
        writer.write(greeting)
        tag = b""
        while True:
            await writer.drain()
            words = (await reader.readuntil(b"\r\n")).split()
            command = words[0]
            if b"%T" in answers[b""] and len(words) > 1:
                tag, command = words[:2]
            writer.write(answers.get(command.upper(), answers[b""]).replace(b"%T", tag))
            if command.upper() in (b"STARTTLS", b"STLS"):
                await writer.start_tls(tls)
    return serve


class Dns(asyncio.DatagramProtocol):
    """192.0.2.50, whatever the name; no IPv6 address."""

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, question, sender):
        connections["dns"] += 1
        draw = random.Random(f"{sys.argv[2]}/dns/{connections['dns']}")
        is_a = question[-4:-2] == b"\0\1"
        answer = bytes.fromhex("c00c 0001 0001 0000003c 0004 c0000232") if is_a else b""
        reply = question[:2] + struct.pack(">HHHHH", 0x8180, 1, is_a, 0, 0) + question[12:] + answer
        for _ in range(draw.choice((1, 1, 1, 3))):
            served["dns"] += 1
            self.transport.sendto(mutated(reply, draw) if draw.random() < 0.6 else reply, sender)


SPEAKS = {
    "http": web, "https": web, "rpc": rpc,
    "imap": mail(b"* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n", {
        b"CAPABILITY": b"* CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN\r\n%T OK done\r\n",
        b"STARTTLS": b"%T OK begin\r\n", b"AUTHENTICATE": b"+ \r\n", b"": b"%T OK done\r\n"}),
    "pop3": mail(b"+OK ready <1@mail>\r\n", {
        b"CAPA": b"+OK\r\nSTLS\r\nUSER\r\nSASL PLAIN\r\n.\r\n", b"STLS": b"+OK begin\r\n", b"AUTH": b"+ \r\n",
        b"": b"+OK done\r\n"}),
    "smtp": mail(b"220-mail\r\n220 mail ESMTP\r\n", {
        b"EHLO": b"250-mail\r\n250-STARTTLS\r\n250-AUTH PLAIN\r\n250 SIZE 1000\r\n", b"STARTTLS": b"220 begin\r\n",
        b"AUTH": b"334 \r\n", b"": b"235 done\r\n"}),
}
served = dict.fromkeys(PORTS, 0)
connections = dict.fromkeys(PORTS, 0)
tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)


async def client(kind, reader, writer):
    connections[kind] += 1
    draw = random.Random(f"{sys.argv[2]}/{kind}/{connections[kind]}")
    hostile = Writer(writer, draw, kind)
    try:
        async with asyncio.timeout(IDLE_S):
            await SPEAKS[kind.removesuffix("s") if kind != "https" else kind](reader, hostile)
            while hostile.how == "stays" and await reader.read(4096):
                pass
    except (OSError, EOFError, ValueError, IndexError, asyncio.LimitOverrunError):  # the timeout is an OSError
        pass
    finally:
        if hostile.how == "reset" and not writer.is_closing():
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort() if hostile.how == "reset" else writer.close()


async def main():
    address, _, certificate, key = sys.argv[1:]
    tls.load_cert_chain(certificate, key)
    logging.disable()  # clients that left in the midst of something
    await asyncio.get_running_loop().create_datagram_endpoint(Dns, (address, PORTS["dns"]))
    for kind, port in PORTS.items():
        if kind == "dns":
            continue

        def on_client(reader, writer, kind=kind):
            return client(kind, reader, writer)
        await asyncio.start_server(on_client, address, port, ssl=tls if kind in ("https", "imaps", "pop3s", "smtps")
                                   else None)
    while True:
        print(json.dumps(served), flush=True)
        await asyncio.sleep(1)


if __name__ == "__main__":
    asyncio.run(main())
