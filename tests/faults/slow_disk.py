#!/usr/bin/env python3
"""Each flush of the disk takes long: what waits for it is bounded, the rest is refused or waits at its sender."""
import sys

from command import main
from durable import QUEUE, DurableTest, rounds
from observe import MIB, resident, wait_until
from strace import SYNCS, succeeded, traced

DELAYS = 3
DELAY = 500_000  # µs
PRODUCERS = 4
MESSAGES = 1500  # of each producer, all at once
BODY = 64000  # bytes, at most
BUDGET = 96 * MIB  # of the 180 MiB that are offered


class SlowDisk(DurableTest):
    def test_memory_is_bounded(self):
        log = f"{self.folder}/trace"
        for number in range(rounds(DELAYS)):
            device = self.device("--receive-queue", "16", under=traced(SYNCS, f"delay_enter={DELAY}", log))
            before = resident(device.popen.pid)
            producers = [self.produce(f"P{number}{i}", count=MESSAGES, size=BODY, window=MESSAGES)
                         for i in range(PRODUCERS)]
            sizes = []
            measure = lambda: sizes.append(resident(device.popen.pid))
            wait_until(lambda: measure() or all(p.over() for p in producers), "all is answered")
            largest = max(sizes)
            print(f"memory {(largest - before) / MIB:+.1f} MiB; refused {sum(p.refused for p in producers)}", file=sys.stderr)
            self.assertLess(largest - before, BUDGET)
            self.record.say("fault", "ok", name="slow disk")
            self.assertEqual(device.stop()[0], 0)
            self.abandon()
            device = self.device()
            self.consume(f"C{number}")
            self.finish()
            self.assertEqual(device.stop()[0], 0)
        self.judge("slow disk", rounds(DELAYS), order=True, faults=rounds(DELAYS))

    def test_a_confirm_waits_for_its_flush(self):
        log = f"{self.folder}/trace"
        device, flushes = self.device(under=traced(SYNCS, f"delay_enter={DELAY // 5}", log)), 0
        producer = self.control()
        for _ in range(10):
            self.assertEqual(producer.call("put", [b"body"], q=QUEUE, make=True).get("bad"), None)
            before, flushes = flushes, succeeded(log, "fdatasync")
            self.assertGreater(flushes, before, "it was confirmed before it was on the disk")
        self.assertEqual(device.stop()[0], 0)


if __name__ == "__main__":
    main()
