"""Connections on which nobody speaks: the server's side as a program on each node, the clients' as sockets."""
import select
import socket

from lab import VIP, VIP6

PORT = 7100
SERVER = f"""
import socket
server = socket.create_server(("::", {PORT}), family=socket.AF_INET6, dualstack_ipv6=True, backlog=1024)
kept = []
while True:
    kept.append(server.accept()[0])
"""


def serve(lab):
    for node in lab.nodes:
        node.spawn("python3", "-c", SERVER, name="idle")


def connect(lab, count, vip=VIP):
    """So many connections from the client to the vip, as soon as it takes them."""
    family = socket.AF_INET6 if vip == VIP6 else socket.AF_INET

    def one():
        made = lab.client.socket(family, socket.SOCK_STREAM)
        made.settimeout(1)
        try:
            made.connect((vip, PORT))
        except OSError:
            made.close()
            return None
        made.setblocking(False)
        return made

    first = lab.wait_for(one, 5, f"{vip} takes connections")
    return [first] + [lab.wait_for(one, 5, f"{vip} takes connections") for _ in range(count - 1)]


def is_reset(connection):
    """Has its kernel been told that the other end knows it no longer?"""
    poll = select.poll()
    poll.register(connection, 0)
    return any(events & select.POLLERR for _, events in poll.poll(0))
