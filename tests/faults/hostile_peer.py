#!/usr/bin/env python3
"""Peers that speak no protocol, the wrong one, or the right one with evil intent; a good client is served throughout."""
import subprocess
import sys
import unittest

from command import CommandTest, each_engine
from observe import MIB, Asker, connect, pause, resident, seeded
from raw_peer import GOOD, hostile, reset

CONNECTIONS = 200  # of each kind
AT_ONCE = 50


class HostilePeer(CommandTest):
    def setUp(self):
        super().setUp()
        self.draw = seeded()

    def listen(self, engine):
        self.server = self.start("rep", "--echo", "--bind", f"{engine}tcp://127.0.0.1:0", "--max-message", "1MiB")
        self.at = self.server.bound()
        self.good = Asker(self.start("req", "--connect", self.at, "--timeout", "45s", stdin=subprocess.PIPE))
        self.good.served()

    def send(self, stream, data):
        """As much as the server takes; it may have closed the connection, or want no more."""
        try:
            stream.send(data)
        except (BlockingIOError, ConnectionError):
            pass

    def leave(self, stream):
        if self.draw.random() < 0.5:
            reset(stream)
        else:
            stream.close()

    def attack(self, parts):
        for _ in range(CONNECTIONS // AT_ONCE):
            streams = [connect(self.at) for _ in range(AT_ONCE)]
            for part in parts:
                for stream in streams:
                    self.send(stream, part)
            self.good.served()
            for stream in streams:
                self.leave(stream)

    @each_engine
    def test_each_kind(self, engine):
        self.listen(engine)
        before = resident(self.server.popen.pid)
        for kind, parts in hostile(engine, self.draw).items():
            with self.subTest(kind=kind):
                self.attack(parts)
                self.good.served()
                self.assertIsNone(self.server.popen.poll())
                self.within_bounds(before)
        self.still_good(engine)

    @each_engine
    def test_drip(self, engine):
        self.listen(engine)
        before = resident(self.server.popen.pid)
        streams = [connect(self.at) for _ in range(CONNECTIONS)]
        for byte in GOOD[engine] + self.draw.randbytes(16):
            for stream in streams:
                self.send(stream, bytes([byte]))
            self.good.served()
            pause(0.01)
        for stream in streams:
            self.leave(stream)
        self.within_bounds(before)
        self.still_good(engine)

    def within_bounds(self, before):
        grown = resident(self.server.popen.pid) - before
        print(f"{self.at}: memory {grown / MIB:+.1f} MiB", file=sys.stderr)
        self.assertLess(grown, 64 * MIB)

    def still_good(self, engine):
        """A newcomer is served too, and the server ends as it should."""
        self.assertEqual(self.ok("req", "--connect", self.at, "--timeout", "45s", "hello"), b"hello\n", engine)
        self.finished(self.good.process)
        status, _, errors = self.server.stop()
        self.assertEqual(status, 0, errors)


if __name__ == "__main__":
    unittest.main()
