"""A server that lets its clients wait for ever, as ActiveSync's Ping and MAPI's NotificationWait do, and curl as a client
that never gives up: when its connection ends, it asks again."""
from lab import VIP, PORT

SERVER = f"""
import socket
server = socket.create_server(("::", {PORT}), family=socket.AF_INET6, dualstack_ipv6=True, backlog=64)
kept = []
while True:
    connection = server.accept()[0]
    connection.recv(4096)
    kept.append(connection)
    print("waits", flush=True)
"""


class LongPoll:
    def __init__(self, host):
        self.host = host
        host.spawn("python3", "-c", SERVER, name="longpoll")

    def waiting(self):
        """How many requests came so far."""
        return self.host.said("longpoll").count("waits")


def serve(host):
    return LongPoll(host)


def ask_for_ever(client):
    client.spawn("curl", "-s", "--retry", 1000, "--retry-all-errors", "--retry-delay", 1,
                 f"http://{VIP}:{PORT}/Microsoft-Server-ActiveSync?Cmd=Ping")
