#!/usr/bin/env python3
"""kill -9 of a peer under load."""
import signal
import subprocess
import sys
import unittest

from command import CommandTest, each_engine
from observe import Lines, ledger_of, seeded, statistics_of, wait_until

ASKERS = 4
QUESTIONS = 100
KILLS = 5
WORK = "sleep 0.01; cat"  # a worker is busy for a moment with each request
PUSHED = 2000
BODY = "x" * 20000
HELD = 64  # at most so many had left the pusher: in the kernel, and in the puller


class DeadPeer(CommandTest):
    def setUp(self):
        super().setUp()
        self.draw = seeded()

    @each_engine
    def test_each_request_is_answered_once(self, engine):
        device = self.start("queue", "--frontend", self.url(engine), "--backend", self.url(engine), "--json",
                            "--heartbeat", "500ms")
        front, back = device.bound(), device.bound()
        workers = [self.worker(back) for _ in range(3)]
        askers = [Lines(self.start("req", "--connect", front, "--timeout", "45s", "--retries", "0", "--count",
                                   str(QUESTIONS), "{{count}}")) for _ in range(ASKERS)]
        moments = sorted(self.draw.sample(range(10, ASKERS * QUESTIONS * 3 // 4), KILLS))
        for moment in moments:
            wait_until(lambda m=moment: sum(len(a.taken) for a in askers) > m, f"{moment} answers")
            victim = self.draw.randrange(len(workers))
            workers[victim].popen.kill()
            workers[victim] = self.worker(back)
        for asker in askers:
            asker.join()
            self.finished(asker.process)
            self.assertEqual(asker.taken, [b"%d" % i for i in range(1, QUESTIONS + 1)])
        details = statistics_of(device)["details"]
        print(f"workers lost {details['workers_lost']}, requests given again {details['redispatched']}", file=sys.stderr)
        self.assertEqual(device.stop()[0], 0)

    def worker(self, back):
        return self.start("rep", "--connect", back, "--exec", WORK)

    @each_engine
    def test_what_a_dead_puller_may_have_cost_is_reported(self, engine):
        pusher = self.start("push", "--bind", self.url(engine), "--wait-peers", "2", "--ledger", "--json",
                            stdin=subprocess.PIPE)
        at = pusher.bound()
        pullers = [Lines(self.start("pull", "--connect", at, "--receive-queue", "1")) for _ in range(2)]
        kill_at = self.draw.randrange(100, PUSHED // 2)
        for number in range(PUSHED):
            pusher.write(b"%d %s\n" % (number, BODY.encode()))
            if number == kill_at:
                wait_until(lambda: all(p.taken for p in pullers), "both receive")
                pullers[0].process.popen.send_signal(signal.SIGKILL)
        status, _, errors = pusher.finish()
        counts = ledger_of(errors)
        reported = counts["at_risk"] + counts["dropped"].get("peer_lost", 0)
        self.assertEqual(status, 75 if sum(counts["dropped"].values()) else 0, errors)
        pullers[0].join()
        wait_until(lambda: pullers[1].taken[-1].startswith(b"%d " % (PUSHED - 1)), "the last arrives")
        lost = PUSHED - len(pullers[0].taken) - len(pullers[1].taken)
        print(f"lost {lost}, reported at most {reported}", file=sys.stderr)
        self.assertLessEqual(lost, reported + (HELD if engine else 0))  # ZeroMQ's bound has all that was under way


if __name__ == "__main__":
    unittest.main()
