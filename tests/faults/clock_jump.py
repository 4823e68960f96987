#!/usr/bin/env python3
"""The wall clock jumps under a running device: leases and delays still end, nothing expires early, duplicates are known."""
import glob
import os

from command import main
from durable import QUEUE, DurableTest, rounds
from observe import wait_until

JUMPS = 10
LIBRARY = "/usr/lib/*/faketime/libfaketimeMT.so.1"
HOUR = 3600


class ClockJump(DurableTest):
    def shifted(self):
        """What lets the wall clock of a process jump to what a file says; the monotonic clock goes on."""
        found = glob.glob(LIBRARY)
        if not found:
            self.skipTest("libfaketime is not installed")
        self.file = f"{self.folder}/clock"
        self.jump_to(0)
        return {"LD_PRELOAD": found[0], "FAKETIME_TIMESTAMP_FILE": self.file, "FAKETIME_NO_CACHE": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1"}

    def jump_to(self, seconds):
        with open(f"{self.file}.new", "w", encoding="ascii") as file:
            file.write(f"{seconds:+d}s\n")
        os.rename(f"{self.file}.new", self.file)

    def jump(self, control, number):
        """Leased, delayed, short-lived and known messages are there when it jumps."""
        known = control.call("put", [b"known 1 "], q="known", make=True, m={"d": f"known {number}"})
        taken, confirmed = self.keeper.taken, self.producer.confirmed
        wait_until(lambda: self.keeper.taken > taken and self.producer.confirmed > confirmed, "some are leased")
        self.jump_to(self.draw.randrange(-48 * HOUR, 48 * HOUR))
        self.record.say("fault", "ok", name="clock jump")
        again = control.call("put", [b"known 1 "], q="known", make=True, m={"d": f"known {number}"})
        self.assertEqual((again["s"], again.get("dup")), (known["s"], [0]))
        leases = control.stat(QUEUE)["redelivered"]
        wait_until(lambda: control.stat(QUEUE)["redelivered"] > leases, "a lease ends")
        confirmed = self.producer.confirmed
        wait_until(lambda: self.producer.confirmed > confirmed, "it goes on")

    def test_nothing_is_lost_and_nothing_stands_still(self):
        self.device(environment=self.shifted())
        control = self.control()
        control.call("declare", q=QUEUE, set={"max_deliver": 0})
        self.producer = self.produce(properties={"ttl": HOUR * 1000, "delay": 200}, window=16)
        self.keeper = self.consume("keeper", lease=300, credit=4, verdict=lambda message: "keep")
        self.consume()
        jumps = rounds(JUMPS)
        for number in range(jumps):
            self.jump(control, number)
        self.clients.remove(self.keeper)
        self.keeper.end()
        self.finish()
        self.assertEqual(control.stat(QUEUE)["expired"], 0)
        self.judge("clock jump", jumps, faults=jumps)


if __name__ == "__main__":
    main()
