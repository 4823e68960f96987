#!/usr/bin/env python3
"""Connections that come and go: nothing of them stays behind."""
import subprocess
import sys
import unittest

from command import CommandTest, each_engine
from observe import MIB, Asker, connect, descriptors, resident, seeded, wait_until
from raw_peer import GOOD, reset

CONNECTIONS = 4000
WARM_UP = 1000  # until the allocator and the engine's tables have their size
AT_ONCE = 50


class Churn(CommandTest):
    def churn(self, at, hello, connections):
        for _ in range(connections // AT_ONCE):
            streams = [connect(at, ready=False) for _ in range(AT_ONCE)]
            for stream in streams:
                stream.sendall(hello)
            for stream in streams:
                stream.recv(64)  # the server's part of the handshake
                if self.draw.random() < 0.5:
                    reset(stream)
                else:
                    stream.close()
            self.good.served()

    @each_engine
    def test_connect_handshake_close(self, engine):
        self.draw = seeded()
        server = self.start("rep", "--echo", "--bind", f"{engine}tcp://127.0.0.1:0")
        at, pid = server.bound(), server.popen.pid
        self.good = Asker(self.start("req", "--connect", at, "--timeout", "45s", stdin=subprocess.PIPE))
        self.good.served()
        open_before = descriptors(pid)
        self.churn(at, GOOD[engine], WARM_UP)
        warm = resident(pid)
        self.churn(at, GOOD[engine], CONNECTIONS)
        wait_until(lambda: descriptors(pid) <= open_before, f"{open_before} descriptors, as before")
        grown = resident(pid) - warm
        print(f"{at}: {CONNECTIONS} connections, memory {grown / MIB:+.2f} MiB of {warm / MIB:.1f}", file=sys.stderr)
        self.assertLess(grown, 32 * MIB)
        self.finished(self.good.process)
        status, _, errors = server.stop()
        self.assertEqual(status, 0, errors)


if __name__ == "__main__":
    unittest.main()
