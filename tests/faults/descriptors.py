#!/usr/bin/env python3
"""Out of file descriptors: a listener neither aborts nor spins, and serves again when there are some."""
import resource
import subprocess
import sys
import time
import unittest

from command import CommandTest, each_engine
from observe import Asker, connect, descriptors, pause, processor_time, wait_until
from raw_peer import GOOD

LIMIT = 64
CROWD = 100
PERIOD = 3  # seconds


class Descriptors(CommandTest):
    @each_engine
    def test_a_crowd_takes_them_all(self, engine):
        server = self.start("rep", "--echo", "--bind", f"{engine}tcp://127.0.0.1:0")
        at, pid = server.bound(), server.popen.pid
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (LIMIT, LIMIT))
        good = Asker(self.start("req", "--connect", at, "--timeout", "45s", stdin=subprocess.PIPE))
        good.served()
        free = descriptors(pid)
        crowd = [connect(at) for _ in range(CROWD)]
        for member in crowd:
            self.greet(member, GOOD[engine])
        wait_until(lambda: descriptors(pid) >= LIMIT - 2, "the crowd takes all descriptors")
        share = self.load_while_exhausted(pid, good)
        print(f"{at}: {100 * share:.0f} % of a core while out of descriptors", file=sys.stderr)
        self.assertLess(share, 0.5)
        for member in crowd:
            member.close()
        wait_until(lambda: descriptors(pid) <= free, f"{free} descriptors, as before")
        self.assertEqual(self.ok("req", "--connect", at, "--timeout", "45s", "hello"), b"hello\n")
        self.finished(good.process)
        status, _, errors = server.stop()
        self.assertEqual(status, 0, errors)

    def greet(self, member, hello):
        try:
            member.send(hello)
        except ConnectionError:
            pass  # turned away

    def load_while_exhausted(self, pid, good):
        """The share of a core that the server uses meanwhile, and somebody who was there before is served."""
        used, since = processor_time(pid), time.monotonic()
        while time.monotonic() - since < PERIOD:
            good.served()
            pause(0.1)
        return (processor_time(pid) - used) / (time.monotonic() - since)


if __name__ == "__main__":
    unittest.main()
