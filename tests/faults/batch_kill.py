#!/usr/bin/env python3
"""kill -9 of a puller amid batches that a streamer passes on unopened: each message is delivered once, or lost with the puller
and within what the docs say; and all of them are counted."""
import subprocess
import sys
import unittest

from command import CommandTest
from observe import Lines, report, seeded, statistics_of, wait_until

PUSHED = 40_000
BODY = "x" * 100
HELD = 4000  # at most so many had left the device: 208 KiB in the kernel, and three batches in the puller


class BatchKill(CommandTest):
    def setUp(self):
        super().setUp()
        self.draw = seeded()

    def kill_one_of_two(self, scheme):
        device = self.start("streamer", "--batch", "--json", "--frontend", self.at(scheme), "--backend", self.at(scheme))
        front, back = device.bound(), device.bound()
        pullers = [Lines(self.start("pull", "--connect", back, "--receive-queue", "1")) for _ in range(2)]
        wait_until(lambda: statistics_of(device)["sides"]["backend"]["peers"] == 2, "both are there")
        pusher = self.start("push", "--batch", "--connect", front, "--ledger", stdin=subprocess.PIPE)
        kill_at = self.draw.randrange(1000, PUSHED // 4)
        pusher.write(self.lines(0, kill_at))
        wait_until(lambda: all(p.taken for p in pullers), "both receive")
        pullers[0].process.popen.kill()
        pullers[0].process.popen.wait()
        pusher.write(self.lines(kill_at, PUSHED))
        status, _, errors = pusher.finish()
        self.assertEqual(status, 0, errors)
        self.assertIn(f"sent {PUSHED} ", errors)
        pullers[0].join()
        last = b"%d " % (PUSHED - 1)  # what the killed one left may come after it
        wait_until(lambda: any(line.startswith(last) for line in list(pullers[1].taken)), "the last arrives")
        self.judge(scheme, device, [[int(line.split()[0]) for line in p.taken if self.is_whole(line)] for p in pullers])

    def judge(self, scheme, device, taken):
        counts = statistics_of(device)
        self.assertEqual(counts["forward"]["passed"], PUSHED)
        self.assertEqual(counts["in_flight"], 0)
        backend = counts["sides"]["backend"]["ledger"]
        self.assertEqual(backend["sent"], PUSHED)
        together = [number for numbers in taken for number in numbers]
        self.assertEqual(len(together), len(set(together)), "nobody gets what somebody got")
        self.assertEqual(taken[0], sorted(taken[0]))  # what it left may come late to the other
        lost = PUSHED - len(together)
        reported = backend["at_risk"] + backend["dropped"].get("peer_lost", 0)
        print(f"{scheme} lost {lost}, reported at most {reported}", file=sys.stderr)
        self.assertLessEqual(lost, reported + HELD)
        self.assertEqual(device.stop()[0], 0)
        report("kill -9 of a receiver of batches", 1, counts={"faults": 1, "delivered": len(together)})

    def is_whole(self, line):
        """The last line of a killed puller may be cut in the pipe."""
        return line.endswith(b" " + BODY.encode())

    def lines(self, first, end):
        return b"".join(b"%d %s\n" % (number, BODY.encode()) for number in range(first, end))

    def at(self, scheme):
        return scheme + self.url("").removeprefix("ipc:")

    def test_zmq(self):
        self.kill_one_of_two("ipc:")

    def test_nng(self):
        self.kill_one_of_two("nng+ipc:")

    def test_shared_memory(self):
        self.kill_one_of_two("shm:")


if __name__ == "__main__":
    unittest.main()
