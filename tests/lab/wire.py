"""Heartbeats as an attacker on the wire has them: recorded at the switch, sent again, changed, under any address."""
import contextlib
import ctypes
import os
import socket
import struct
import threading
from collections import namedtuple

from host import socket_in

BEAT_PORT = 7411
ETH_P_ALL = 3
SO_TIMESTAMPNS = 35
SO_ATTACH_FILTER = 26
# IPv4, UDP, to the heartbeats' port: whatever else passes the port of the switch would overrun the buffer.
ONLY_BEATS = [(0x28, 0, 0, 12), (0x15, 0, 5, 0x0800), (0x30, 0, 0, 23), (0x15, 0, 3, socket.IPPROTO_UDP),
              (0x28, 0, 0, 36), (0x15, 0, 1, BEAT_PORT), (0x6, 0, 0, 0xffff), (0x6, 0, 0, 0)]
Datagram = namedtuple("Datagram", "at source target source_port target_port payload")


class Tap:
    """Records what a host sends and receives, at its port of the switch."""

    def __init__(self, lab, host):
        self.socket = socket_in(f"/run/netns/{lab.switch}", socket.AF_PACKET, socket.SOCK_RAW)
        code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *line) for line in ONLY_BEATS))
        self.socket.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER,
                               struct.pack("@HP", len(ONLY_BEATS), ctypes.addressof(code)))
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self.socket.bind((host.port, ETH_P_ALL))
        self.socket.setblocking(False)

    def beats(self):
        """The heartbeats since the last call."""
        found = []
        while True:
            try:
                frame, controls, _, _ = self.socket.recvmsg(2048, 64)
            except BlockingIOError:
                return found
            beat = _parse(frame, _stamp(controls))
            if beat:
                found.append(beat)

    def close(self):
        self.socket.close()


def _stamp(controls):
    for level, kind, data in controls:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
            seconds, nanoseconds = struct.unpack("=qq", data[:16])
            return seconds * 1_000_000_000 + nanoseconds
    return 0


def _parse(frame, at):
    if len(frame) < 42 or frame[12:14] != b"\x08\x00" or frame[14] != 0x45 or frame[23] != socket.IPPROTO_UDP:
        return None
    source_port, target_port, length = struct.unpack("!HHH", frame[34:40])
    return Datagram(at, socket.inet_ntoa(frame[26:30]), socket.inet_ntoa(frame[30:34]), source_port, target_port,
                    frame[42:34 + length])


def _checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


class Stranger:
    """A host on the link, without the key, that writes what it likes."""

    def __init__(self, lab):
        self.lab = lab
        self.host = lab.hosts.get("stranger") or lab.add_host("stranger", 66)
        self.socket = self.host.socket(socket.AF_PACKET, socket.SOCK_RAW)
        self.socket.bind(("eth0", 0))

    def send(self, datagram):
        """To the host that has the target address, with the source address that the datagram claims."""
        target = next(host for host in self.lab.hosts.values() if host.v4 == datagram.target)
        ethernet = _mac(target.mac) + _mac(self.host.mac) + b"\x08\x00"
        udp = struct.pack("!HHHH", datagram.source_port, datagram.target_port, 8 + len(datagram.payload), 0)
        head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 28 + len(datagram.payload), 0, 0, 64, socket.IPPROTO_UDP, 0,
                           socket.inet_aton(datagram.source), socket.inet_aton(datagram.target))
        head = head[:10] + struct.pack("!H", _checksum(head)) + head[12:]
        self.socket.send(ethernet + head + udp + datagram.payload)

    @contextlib.contextmanager
    def neighbours(self, count):
        """Within: so many hosts that do not exist ask on the LAN, as hosts do, many times a second."""
        requests = [b"\xff" * 6 + mac + struct.pack("!HHHBBH", 0x0806, 1, 0x0800, 6, 4, 1) + mac +
                    socket.inet_aton(f"198.51.100.{i + 1}") + bytes(6) + socket.inet_aton("198.51.100.254")
                    for i in range(count) for mac in [bytes([2, 0, 0, 0, 0xee, i])]]
        over = threading.Event()

        def ask():
            while not over.wait(0.02):
                for request in requests:
                    self.socket.send(request)
        thread = threading.Thread(target=ask)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def claims(self, address, mac=None):
        """Tells everybody, once, that an address is here, or at another MAC."""
        self.socket.send(_announcement(mac or self.host.mac, address))

    def close(self):
        self.socket.close()


class Quiet:
    """A host on the link that says nothing of its own, but answers: a gateway at night."""

    def __init__(self, lab):
        self.host = lab.add_host("quiet", 8)
        self.socket = self.host.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0806))
        self.socket.bind(("eth0", 0x0806))
        self.socket.setblocking(False)

    def speaks(self):
        self.socket.send(_announcement(self.host.mac, self.host.v4))

    def asked_by(self, host):
        """Has it been asked by this host since the last call?"""
        asked = False
        while True:
            try:
                packet = self.socket.recv(64)
            except BlockingIOError:
                return asked
            asked |= packet[20:22] == b"\0\1" and packet[28:32] == socket.inet_aton(host.v4) and \
                packet[38:42] == socket.inet_aton(self.host.v4)


def _announcement(mac, address):
    """A gratuitous ARP."""
    own = socket.inet_aton(address)
    return b"\xff" * 6 + _mac(mac) + struct.pack("!HHHBBH", 0x0806, 1, 0x0800, 6, 4, 1) + _mac(mac) + own + bytes(6) + own


def _mac(text):
    return bytes.fromhex(text.replace(":", ""))


def reflected(datagram):
    """The same bytes, back to whom they came from, as if the other had sent them."""
    return datagram._replace(source=datagram.target, target=datagram.source)


def truncated(datagram, length):
    return datagram._replace(payload=datagram.payload[:length])


def flipped(datagram, bit):
    payload = bytearray(datagram.payload)
    payload[bit // 8 % len(payload)] ^= 1 << bit % 8
    return datagram._replace(payload=bytes(payload))


def invented(datagram, length):
    """The clear header of a real beat, and noise."""
    return datagram._replace(payload=datagram.payload[:40] + os.urandom(max(0, length - 40)))
