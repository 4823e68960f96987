#!/usr/bin/env python3
"""One consumer of many takes a large credit and stops. The others go on, and memory stays within bounds."""
import signal
import sys

from command import main
from durable import QUEUE, DurableTest, rounds
from observe import MIB, resident, wait_until

CONSUMERS = 20
MESSAGES = 10000
BODY = 8000  # bytes, at most
BUDGET = 64 * MIB


class StalledConsumer(DurableTest):
    def test_the_others_go_on(self):
        device = self.device()
        stalled = self.worker("stalled", credit=MESSAGES)
        control = self.control()
        self.produce("first", count=10).joined()
        wait_until(lambda: control.stat(QUEUE)["acked"] == 10, "the one that will stop has its credit")
        before = resident(device.popen.pid)
        self.stopped(stalled, "stop of one consumer")
        others = [self.consume(f"C{i}", credit=8) for i in range(CONSUMERS - 1)]
        count = rounds(MESSAGES)
        producer = self.produce(count=count, size=BODY, window=256)
        producer.joined()
        wait_until(lambda: control.stat(QUEUE)["ready"] == 0, "everything is taken")
        grown = resident(device.popen.pid) - before
        print(f"memory {grown / MIB:+.1f} MiB; the others took {sum(c.taken for c in others)} of {count}", file=sys.stderr)
        self.assertLess(grown, BUDGET)
        self.assertGreater(sum(c.taken for c in others), 0)
        stalled.send_signal(signal.SIGCONT)
        self.finish()
        self.ended(stalled)
        self.judge("stalled consumer", 1, order=True, faults=1)


if __name__ == "__main__":
    main()
