"""The log daemons of the lab: reads every host's /dev/log and notes when each line came."""
import os
import re
import selectors
import socket
import threading
import time
from collections import namedtuple

Line = namedtuple("Line", "at host text")
HEAD = re.compile(r"^<\d+>(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d )?")


class Syslog:
    def __init__(self):
        self.lines = []
        self.sockets = {}
        self.selector = selectors.DefaultSelector()
        self.closing = False
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def add(self, host):
        path = f"{host.dir}/log"
        reader = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        reader.bind(path)
        os.chmod(path, 0o666)
        reader.setblocking(False)
        self.sockets[host.name] = reader
        self.selector.register(reader, selectors.EVENT_READ, host.name)

    def _read(self):
        while not self.closing:
            for key, _ in self.selector.select(0.1):
                self._drain(key.fileobj, key.data)

    def _drain(self, reader, host):
        while True:
            try:
                text = reader.recv(8192)
            except (BlockingIOError, OSError):
                return
            at = time.monotonic_ns()
            self.lines.append(Line(at, host, HEAD.sub("", text.decode(errors="replace").rstrip("\n\0"))))

    def stick(self, host):
        """Stops reading this host's log and fills its buffer: the next line of anybody's would block."""
        self.selector.unregister(self.sockets[host.name])
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as writer:
            writer.setblocking(False)
            writer.connect(f"{host.dir}/log")
            try:
                while True:
                    writer.send(b"<13>lab: filling the buffer")
            except BlockingIOError:
                pass

    def unstick(self, host):
        self.selector.register(self.sockets[host.name], selectors.EVENT_READ, host.name)

    def remove(self, host):
        """No log daemon at all: the socket is not there."""
        self.selector.unregister(self.sockets[host.name])
        self.sockets.pop(host.name).close()
        os.unlink(f"{host.dir}/log")

    def restore(self, host):
        self.add(host)

    def find(self, pattern, host=None, since=0):
        """The lines that match, in the order they came."""
        return [line for line in list(self.lines)
                if line.at >= since and (host is None or line.host == host.name) and re.search(pattern, line.text)]

    def tail(self, host, count=40):
        return [line for line in list(self.lines) if line.host == host.name][-count:]

    def close(self):
        self.closing = True
        self.thread.join()
        self.selector.close()
        for reader in self.sockets.values():
            reader.close()
