"""emsmdb.py ADDRESS PORT: the EMSMDB interface 0.81 on that port; EcDummyRpc (opnum 6) answers 0."""
import socket
import sys

from impacket.dcerpc.v5.rpcrt import DCERPCServer

server = DCERPCServer()  # it binds a port of its choice; ours replaces that
server._sock.close()
server._sock = socket.socket()
server._sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server._sock.bind((sys.argv[1], int(sys.argv[2])))
server.addCallbacks(("A4F1DB00-CA47-1067-B31F-00DD010662DA", "0.81"), sys.argv[2], {6: lambda data: b"\0\0\0\0"})
server.daemon = False
server.start()
