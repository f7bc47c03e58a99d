"""interface.py ADDRESS PORT NAME: emsmdb, nspi or rfri on that port; EcDummyRpc (opnum 6 of emsmdb) answers 0."""
import socket
import sys

from impacket.dcerpc.v5.rpcrt import DCERPCServer

INTERFACES = {
    "emsmdb": (("A4F1DB00-CA47-1067-B31F-00DD010662DA", "0.81"), {6: lambda data: b"\0\0\0\0"}),
    "nspi": (("F5CC5A18-4264-101A-8C59-08002B2F8426", "56.0"), {}),
    "rfri": (("1544F5E0-613C-11D1-93DF-00C04FD7BD09", "1.0"), {}),
}
address, port, name = sys.argv[1:]
server = DCERPCServer()  # it binds a port of its choice; ours replaces that
server._sock.close()
server._sock = socket.socket()
server._sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server._sock.bind((address, int(port)))
server.addCallbacks(INTERFACES[name][0], port, INTERFACES[name][1])
server.daemon = False
server.start()
