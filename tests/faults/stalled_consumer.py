#!/usr/bin/env python3
"""One consumer of a hundred takes a large credit and stops. The others go on as fast as before, and memory stays within bounds."""
import json
import os
import signal
import sys

from command import main
from durable import QUEUE, DurableTest, rounds
from observe import MIB, resident, wait_until

CONSUMERS = 100
CREDIT = 10000  # of the one that stops
MESSAGES = 10000  # before and after it stops
BODY = 8000  # bytes, at most
# What it may hold: the credit's bodies, half of BODY each, on their way to the one that stopped; both caches (8 MiB each); what
# the others have in hand; and a tenth more.
BUDGET = (CREDIT + CONSUMERS * 8) * BODY // 2 + 16 * MIB
SLACK = 0.25  # seconds that a busy machine may take from anybody


class StalledConsumer(DurableTest):
    def test_the_others_go_on(self):
        device = self.device()
        stalled = self.worker("stalled", credit=CREDIT)
        control = self.control()
        self.produce("first", count=10).joined()
        wait_until(lambda: control.stat(QUEUE)["acked"] == 10, "the one that will stop has its credit")
        others = [self.consume(f"C{i}", credit=8, patience=0.5) for i in range(CONSUMERS - 1)]
        count = rounds(MESSAGES)
        self.put("before", count, control)
        before = resident(device.popen.pid)
        self.stopped(stalled, "stop of one consumer")
        self.put("after", count, control)
        grown = resident(device.popen.pid) - before
        took = sum(c.taken for c in others)
        stalled.send_signal(signal.SIGCONT)
        self.finish()
        self.ended(stalled)
        self.judge("stalled consumer", 1, order=True, faults=1)
        slowest = {name: self.p99(name) for name in ("before", "after")}
        print(f"memory {grown / MIB:+.1f} MiB, budget {BUDGET / MIB:.1f}; the others took {took} of {2 * count}; their p99 "
              f"{slowest['before'] * 1e3:.0f} ms, then {slowest['after'] * 1e3:.0f} ms", file=sys.stderr)
        self.assertLess(grown, BUDGET * 1.1)
        self.assertGreater(took, 0)
        if "ROUNDS" in os.environ:  # torture runs it alone; among other tests, time says nothing
            self.assertLess(slowest["after"], 2 * slowest["before"] + SLACK)

    def put(self, name, count, control):
        self.produce(name, count=count, size=BODY, window=64).joined()
        wait_until(lambda: control.stat(QUEUE)["ready"] == 0, "everything is taken")

    def p99(self, producer):
        """Seconds from a put to the first delivery, to another than the one that stops."""
        begun, took = {}, []
        with open(self.record.path, encoding="ascii") as lines:
            for event in map(json.loads, lines):
                if event.get("producer") != producer or event["op"] not in ("send", "deliver"):
                    continue
                if event["op"] == "send" and event["type"] == "invoke":
                    begun[event["seq"]] = event["t"]
                elif event["op"] == "deliver" and event["attempt"] == 1:
                    took.append(event["t"] - begun[event["seq"]])
        return sorted(took)[len(took) * 99 // 100] / 1e9


if __name__ == "__main__":
    main()
