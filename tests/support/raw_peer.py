"""Bytes that a peer may put on the wire: the good handshakes of both engines, and others."""
import socket
import struct

# ZMTP 3.0, mechanism NULL
ZMTP_GREETING = b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32)


def zmtp_ready(kind=b"DEALER"):
    body = b"\x05READY" + b"\x0bSocket-Type" + struct.pack(">I", len(kind)) + kind
    return bytes([4, len(body)]) + body


def sp_greeting(protocol=0x30):
    """SP over tcp: REQ, unless told otherwise."""
    return b"\0SP\0" + struct.pack(">HH", protocol, 0)


def sp_message(body):
    return struct.pack(">Q", len(body)) + body


GOOD = {"": ZMTP_GREETING + zmtp_ready(), "nng+": sp_greeting()}

TOO_LONG = {
    "": b"\x02" + struct.pack(">Q", 1 << 63),
    "nng+": struct.pack(">Q", 1 << 63),
}


def hostile(engine, draw):
    """What hostile peers send, by kind: the parts, in order, of one connection."""
    garbage = draw.randbytes(512)
    kinds = {
        "garbage": [garbage],
        "HTTP": [b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"],
        "silence": [],
        "half a greeting": [GOOD[engine][: draw.randrange(1, 8)]],
        "length 2^63": [GOOD[engine], TOO_LONG[engine]],
        "garbage after the handshake": [GOOD[engine], garbage],
        "half a message": [GOOD[engine], (b"\x00\x40" if engine == "" else struct.pack(">Q", 64)) + b"half"],
    }
    return kinds | (_hostile_zmtp(garbage) if engine == "" else _hostile_sp(draw))


def _hostile_zmtp(garbage):
    big_command = b"\x06" + struct.pack(">Q", 1 << 40)
    return {
        "version 1": [b"\x01\x00", b"\x05\x00home"],
        "version 1, length 2^63": [b"\x01\x00", b"\xff" + struct.pack(">Q", 1 << 63) + b"\x00"],
        "version 2": [b"\xff" + bytes(8) + b"\x7f\x01\x05", b"\x00\x00", b"\x00\x05hello"],
        "version 2, length 2^63": [b"\xff" + bytes(8) + b"\x7f\x01\x05\x00\x00", TOO_LONG[""]],
        "unknown mechanism": [ZMTP_GREETING.replace(b"NULL", b"EVIL")],
        "half a handshake": [ZMTP_GREETING, zmtp_ready()[:9]],
        "wrong pattern": [ZMTP_GREETING, zmtp_ready(b"PUB")],
        "no command": [ZMTP_GREETING, b"\x00\x05hello"],
        "command of a terabyte": [ZMTP_GREETING, big_command],
        "garbage for properties": [ZMTP_GREETING, b"\x04\xff\x05READY" + garbage[:249]],
        "frames without an end": [GOOD[""], b"\x01\x01x" * 4000],
        "many frames": [GOOD[""], b"\x01\x01x" * 4000 + b"\x00\x01x"],
    }


def _hostile_sp(draw):
    return {
        "bad magic": [b"\0SQ\0\0\x30\0\0"],
        "bad version": [b"\0SP\x07\0\x30\0\0"],
        "wrong pattern": [sp_greeting(0x20)],
        "reserved bytes": [b"\0SP\0\0\x30\xff\xff"],
        "empty message": [sp_greeting(), sp_message(b"")],
        "no request id": [sp_greeting(), sp_message(b"ab"), sp_message(struct.pack(">I", 7))],
        "ids without an end": [sp_greeting(), sp_message(struct.pack(">I", 7) * 1000)],
        "trailer of garbage": [sp_greeting(), sp_message(struct.pack(">I", 1 << 31) + draw.randbytes(200))],
    }


def reset(stream):
    """Closes with RST instead of FIN."""
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    stream.close()
