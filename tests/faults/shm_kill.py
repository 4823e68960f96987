#!/usr/bin/env python3
"""kill -9 of either side of a ring in shared memory, at any instant."""
import os
import signal
import sys
import unittest

from command import CommandTest
from observe import Lines, report, seeded, wait_until

KILLS = int(os.environ.get("ROUNDS") or 20)
SIZES = (10, 500, 5000)  # in the ring, copied; in the ring, on the heap; in the arena


def body(number, size):
    return b"%d %s" % (number, b"%d" % (number % 10) * size)


def is_whole(line):
    number, _, text = line.partition(b" ")
    return len(text) in SIZES and line == body(int(number), len(text))


class Kill(CommandTest):
    def setUp(self):
        super().setUp()
        self.draw = seeded()
        self.at = f"shm://kill-{os.getpid()}-{self.draw.randrange(1 << 30)}"

    def messages(self, size, count=20000):
        path = os.path.join(self.folder, "messages")
        with open(path, "wb") as out:
            out.writelines(body(i, size) + b"\n" for i in range(count))
        return path

    def test_a_killed_sender_leaves_whole_messages_in_their_order(self):
        whole = 0
        for round_ in range(KILLS):
            with self.subTest(round_), open(self.messages(SIZES[round_ % 3]), "rb") as lines:
                puller = Lines(self.start("pull", "--bind", self.at))
                puller.process.bound()
                pusher = self.start("push", "--connect", self.at, stdin=lines)
                enough = self.draw.randrange(1, 2000)
                wait_until(lambda: len(puller.taken) >= enough, f"{enough} messages")
                pusher.popen.kill()
                pusher.popen.wait()
                puller.process.popen.send_signal(signal.SIGTERM)
                puller.join()
                self.assertEqual([int(t.split()[0]) for t in puller.taken], list(range(len(puller.taken))))
                self.assertTrue(all(map(is_whole, puller.taken)))
                whole += len(puller.taken)
        report("kill -9 of a sender, shared memory", KILLS, counts={"faults": KILLS, "delivered": whole})

    def test_after_a_killed_receiver_the_next_one_gets_what_that_had_not_taken(self):
        with open(self.messages(500, 20_000 * KILLS), "rb") as lines:
            self.start("push", "--bind", self.at, stdin=lines).bound()
            seen = []
            for _ in range(KILLS):
                puller = Lines(self.start("pull", "--connect", self.at))
                enough = self.draw.randrange(1, 500)
                wait_until(lambda p=puller, n=enough: len(p.taken) >= n, f"{enough} messages")
                puller.process.popen.kill()
                puller.join()
                whole = [line for line in puller.taken if is_whole(line)]
                self.assertGreaterEqual(len(whole), len(puller.taken) - 1)  # the last line may be cut in the pipe
                seen += [int(line.split()[0]) for line in whole]
        self.assertEqual(seen, sorted(set(seen)))  # none twice, each later than the one before
        print(f"received {len(seen)} of {seen[-1] + 1}, the others died in a receiver's hands", file=sys.stderr)
        report("kill -9 of a receiver, shared memory", KILLS, counts={"faults": KILLS, "delivered": len(seen)})


if __name__ == "__main__":
    unittest.main()
