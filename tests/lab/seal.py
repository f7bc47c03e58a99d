"""Heartbeats and rolls as a node gone mad makes them: it has the cluster's key (vrrp/seal.h, vrrp/wire.h)."""
import base64
import ctypes
import socket
import struct
from collections import namedtuple

HEADER = struct.Struct("!BBBBIQQQ")
SEAL_BYTES, NONCE_BYTES, KEY_BYTES = 16, 24, 32
ROLL = 2  # the first byte
ROLL_CLIENTS = 174  # as many as fit
Header = namedtuple("Header", "kind sender receiver link key_id cluster session seq")
_sodium = ctypes.CDLL("libsodium.so.23")


def is_roll(datagram):
    return datagram.payload[:1] == bytes([ROLL])


def header_of(datagram):
    return Header(*HEADER.unpack_from(datagram.payload))


def _key_of(sender, key_text):
    derived = ctypes.create_string_buffer(KEY_BYTES)
    _sodium.crypto_kdf_derive_from_key(derived, ctypes.c_size_t(KEY_BYTES), ctypes.c_uint64(sender + 1), b"casvipbt",
                                       base64.b64decode(key_text))
    return derived.raw


def _crypt(call, text, length, header, key_text):
    out = ctypes.create_string_buffer(length)
    head = HEADER.pack(*header)
    nonce = struct.pack("!QQ", header.session, header.seq).ljust(NONCE_BYTES, b"\0")
    key = _key_of(header.sender, key_text)
    if call == "encrypt":
        rest = (head, ctypes.c_ulonglong(len(head)), None, nonce, key)
        failed = _sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(out, None, text, ctypes.c_ulonglong(len(text)), *rest)
    else:
        rest = (head, ctypes.c_ulonglong(len(head)), nonce, key)
        failed = _sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(out, None, None, text,
                                                                    ctypes.c_ulonglong(len(text)), *rest)
    assert not failed, f"the seal does not {call}"
    return out.raw


def body_of(datagram, key_text):
    text = datagram.payload[HEADER.size:]
    return _crypt("decrypt", text, len(text) - SEAL_BYTES, header_of(datagram), key_text)


def sealed(datagram, header, body, key_text):
    """The same way on the wire, with another header and body."""
    return datagram._replace(payload=HEADER.pack(*header) +
                             _crypt("encrypt", body, len(body) + SEAL_BYTES, header, key_text))


def rolls_of(roll, clients, key_text, **header):
    """Rolls that name these clients (address, port) where the recorded one, of an IPv4 address, named real ones.
    `header`: what is to be different; each roll has the next seq."""
    body = body_of(roll, key_text)
    head, vip_port = body[:9], body[15:17]
    named = [socket.inet_aton(address) + struct.pack("!H", port) + vip_port for address, port in clients]
    first = header_of(roll)._replace(**header)
    return [sealed(roll, first._replace(seq=first.seq + at // ROLL_CLIENTS),
                   head + b"".join(named[at:at + ROLL_CLIENTS]), key_text) for at in range(0, len(named), ROLL_CLIENTS)]
