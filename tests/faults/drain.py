#!/usr/bin/env python3
"""SIGTERM under load: a device delivers what it took, says so, and ends well."""
import signal
import unittest

from command import CommandTest, each_engine
from observe import Lines, ledger_of, seeded, wait_until

RUNS = 4
LOAD = ["--rate", "4000", "--count", "1000000", "{{count}}"]


class Drain(CommandTest):
    def setUp(self):
        super().setUp()
        self.draw = seeded()

    def device(self, name, engine):
        process = self.start(name, "--frontend", self.url(engine), "--backend", self.url(engine), "--json",
                             "--drain-timeout", "500ms")  # under endless load it takes what comes until then
        return process, process.bound(), process.bound()

    def drain(self, device, lines):
        """Asks it to end in the middle of the work; what it then says it did."""
        enough = self.draw.randrange(50, 1500)
        wait_until(lambda: len(lines.taken) > enough, f"{enough} messages have passed")
        status, _, errors = device.stop(signal.SIGTERM)
        self.assertEqual(status, 0, errors)
        counts = ledger_of(errors)
        dropped = counts["forward"]["dropped"] | counts["backward"]["dropped"]
        dropped.pop("duplicate", None)  # a request was given out twice, its second answer is nobody's loss
        self.assertEqual((counts["in_flight"], dropped), (0, {}))
        return counts

    def each_run(self, run):
        for number in range(RUNS):
            with self.subTest(run=number):
                run()

    @each_engine
    def test_streamer(self, engine):
        def run():
            device, front, back = self.device("streamer", engine)
            puller = Lines(self.start("pull", "--connect", back))
            pusher = self.start("push", "--connect", front, *LOAD, "--linger", "0s", "--ledger", "--json")
            counts = self.drain(device, puller)
            passed = counts["forward"]["passed"]
            self.assertEqual(counts["sides"]["frontend"]["ledger"]["received"], passed)
            wait_until(lambda: len(puller.taken) >= passed, f"all {passed} arrive")
            self.assertEqual(puller.rest()[0], [b"%d" % i for i in range(1, passed + 1)])
            if engine:
                return  # what a peer's kernel had taken, NNG can't tell
            sent = ledger_of(pusher.stop()[2])
            self.assertLessEqual(sent["sent"] - passed, sum(sent["dropped"].values()) + sent["at_risk"], sent)
        self.each_run(run)

    @each_engine
    def test_forwarder(self, engine):
        def run():
            device, front, back = self.device("forwarder", engine)
            subscriber = Lines(self.start("sub", "--connect", back))
            self.start("pub", "--connect", front, "--topic", "t", *LOAD)
            counts = self.drain(device, subscriber)
            passed, dropped = counts["forward"]["passed"], counts["sides"]["backend"]["ledger"]["dropped"]
            self.assertEqual(counts["sides"]["frontend"]["ledger"]["received"], passed)
            wait_until(lambda: len(subscriber.taken) + sum(dropped.values()) >= passed, f"all {passed} arrive")
            numbers = [int(line.split(b"\t")[1]) for line in subscriber.rest()[0]]
            self.assertEqual(numbers, sorted(set(numbers)))
            self.assertLessEqual(len(numbers), passed)
        self.each_run(run)

    @each_engine
    def test_queue(self, engine):
        def run():
            device, front, back = self.device("queue", engine)
            for _ in range(2):
                self.start("rep", "--connect", back, "--echo")
            askers = [Lines(self.start("req", "--connect", front, "--timeout", "45s", "--retries", "0", "--count",
                                       "1000000", "{{count}}")) for _ in range(4)]
            counts = self.drain(device, askers[0])
            answered = counts["backward"]["passed"]
            self.assertEqual(counts["sides"]["frontend"]["ledger"]["received"], answered)
            wait_until(lambda: sum(len(a.taken) for a in askers) >= answered, f"all {answered} answers arrive")
            for asker in askers:
                asker.process.popen.kill()
                asker.join()
                self.assertEqual(asker.taken, [b"%d" % i for i in range(1, len(asker.taken) + 1)])
            self.assertEqual(sum(len(a.taken) for a in askers), answered)
        self.each_run(run)


if __name__ == "__main__":
    unittest.main()
