#!/usr/bin/python3
"""A server that behaves badly: faulty.py ADDRESS PORT=MANNER[:FILE] ...

reset    reads the first bytes of a request, then resets the connection
eof      reads the first bytes of a request, then closes the connection
mute     accepts and never speaks
reply    sends FILE once a request came in, then closes
greet    sends FILE at once, unasked, and stays
trickle  sends FILE, one byte a second, again and again
endless  sends FILE, then octets without end
abort    resets the connection at once, unasked
hang-up  closes it at once
flood    sends FILE again and again, unasked
script   sends the first part of FILE, and after each line that comes in the next one, then nothing more; parts end with
         a line %, and a $ stands for the first word of the line that came in"""
import asyncio
import socket
import struct
import sys


async def serve(manner, text, reader, writer):
    if manner in ("reset", "eof", "reply", "endless"):
        await reader.read(1)
    if manner in ("reset", "abort"):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    elif manner in ("mute", "greet"):
        writer.write(text)
        while await reader.read(4096):
            pass
    elif manner == "script":
        tag = b""
        for part in text.split(b"%\r\n"):
            writer.write(part.replace(b"$", tag))
            tag = (await reader.readline()).split(b" ")[0].strip()
        while await reader.read(4096):
            pass
    elif manner == "trickle":
        while True:
            for byte in text:
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(1)
    else:
        writer.write(text)
        while manner in ("endless", "flood"):
            writer.write(b"x" * 65536 if manner == "endless" else text)
            await writer.drain()


async def client(manner, text, reader, writer):
    try:
        await serve(manner, text, reader, writer)
    except ConnectionError:
        pass
    finally:
        writer.close()


async def main(address, *ports):
    for port in ports:
        number, manner = port.split("=", 1)
        manner, _, file = manner.partition(":")
        text = open(file, "rb").read() if file else b""

        def on_client(reader, writer, manner=manner, text=text):
            return client(manner, text, reader, writer)
        await asyncio.start_server(on_client, address, int(number))
    print("ready", flush=True)
    await asyncio.Event().wait()


asyncio.run(main(*sys.argv[1:]))
