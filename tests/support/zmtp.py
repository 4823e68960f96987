"""A DEALER that speaks ZMTP 3.1 over a plain socket.

For the tests of faults, which need to know when a connection ends: libzmq connects anew behind its user's back, and then sends
what was queued before what the user sends again. And libzmq 4.3.4 aborts the process (fq.cpp, !_more) when a connection that
it made ends while one of several frames is read.
"""
import select
import socket
import struct
import time

from raw_peer import ZMTP_GREETING, zmtp_ready

GREETING = ZMTP_GREETING[:11] + b"\x01" + ZMTP_GREETING[12:]
MORE, LONG, COMMAND = 1, 2, 4
CONNECTING = 1  # seconds
PIECE = 1 << 18


def frame(body, flags):
    size = len(body)
    return bytes([flags, size]) + body if size < 256 else struct.pack(">BQ", flags | LONG, size) + body


class Dealer:
    """One connection to `at`, ipc or tcp. When it ends, `ended` is true for good."""

    def __init__(self, at):
        self.ended = False
        self._in, self._out = bytearray(), bytearray(GREETING + zmtp_ready())
        self._greeted = self._ready = False
        self._later = bytearray()  # what may not go before the other side is ready
        self._frames = []
        self._stream = self._connected(at)
        self._push()

    def _connected(self, at):
        kind, _, where = at.partition("://")
        host, _, port = where.rpartition(":")
        stream = socket.socket(socket.AF_UNIX if kind == "ipc" else socket.AF_INET)
        stream.settimeout(CONNECTING)
        try:
            stream.connect(where if kind == "ipc" else (host, int(port)))
            if kind != "ipc":
                stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError:
            self.ended = True
        stream.setblocking(False)
        return stream

    def close(self):
        self.ended = True
        self._stream.close()

    def fileno(self):
        return self._stream.fileno()

    def send(self, frames):
        """Never waits; what the connection does not take yet goes with receive()."""
        to = self._out if self._ready else self._later
        for body in frames[:-1]:
            to += frame(body, MORE)
        to += frame(frames[-1], 0)
        self._push()

    def receive(self, seconds):
        """The frames of the next message, or None if there is none in time, or the connection ends. One that has ended before
        takes its time all the same, so that nobody asks it in a hurry."""
        limit, pause = time.monotonic() + seconds, seconds if self.ended else 0
        while not (message := self._message()):
            left = max(limit - time.monotonic(), 0)
            if self.ended:
                select.select([], [], [], pause)
                return None
            self._wait(left)
            self._push()
            self._pull()
            if left == 0:
                return self._message()
        return message

    def _wait(self, seconds):
        poll = select.poll()
        poll.register(self._stream, select.POLLIN | (select.POLLOUT if self._out else 0))
        poll.poll(seconds * 1000)

    def _push(self):
        try:
            while self._out and not self.ended:
                del self._out[:self._stream.send(self._out[:PIECE])]
        except BlockingIOError:
            pass
        except OSError:
            self.ended = True

    def _pull(self):
        try:
            data = self._stream.recv(PIECE)
            self.ended = self.ended or not data
            self._in += data
        except BlockingIOError:
            pass
        except OSError:
            self.ended = True

    def _message(self):
        """The next message that is there as a whole. Commands are answered on the way."""
        if not self._greeted:
            if len(self._in) < len(GREETING):
                return None
            del self._in[:len(GREETING)]
            self._greeted = True
        while found := self._frame():
            flags, body = found
            if flags & COMMAND:
                self._obey(body)
                continue
            self._frames.append(body)
            if not flags & MORE:
                message, self._frames = self._frames, []
                return message
        return None

    def _frame(self):
        if len(self._in) < 2:
            return None
        flags, size, start = self._in[0], self._in[1], 2
        if flags & LONG:
            if len(self._in) < 9:
                return None
            size, start = struct.unpack_from(">Q", self._in, 1)[0], 9
        if len(self._in) < start + size:
            return None
        body = bytes(self._in[start:start + size])
        del self._in[:start + size]
        return flags, body

    def _obey(self, command):
        if command.startswith(b"\x04PING"):
            self._out += frame(b"\x04PONG" + command[7:], COMMAND)
        elif command.startswith(b"\x05READY"):
            self._ready = True
            self._out += self._later
        self._push()

