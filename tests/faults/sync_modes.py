#!/usr/bin/env python3
"""The modes that do not wait for the disk: with `interval` what was confirmed is flushed soon after, with `none` the device flushes
nothing while it runs. (What a kill takes: faults.kill. What a loss of power may take: unit.stores.power_loss.)"""
from command import main
from durable import DurableTest
from observe import wait_until
from strace import SYNCS, traced

MESSAGES = 300


class SyncModes(DurableTest):
    def flushes(self):
        """So far."""
        with open(self.log, encoding="utf-8", errors="replace") as lines:
            return sum("sync(" in line for line in lines)

    def load(self, sync):
        """Runs one, which confirms some messages; it goes on to run."""
        self.log = f"{self.folder}/trace-{sync}"
        self.store = f"{self.folder}/store-{sync}"
        device = self.device(sync=sync, under=traced(SYNCS, "delay_enter=1", self.log))
        self.reconnect()
        self.produce(f"P-{sync}", queue=f"q-{sync}", count=10).joined()  # makes the queue
        before = self.flushes()
        self.produce(f"Q-{sync}", queue=f"q-{sync}", count=MESSAGES).joined()
        return device, before

    def test_none(self):
        device, before = self.load("none")
        self.assertEqual(self.flushes(), before)
        self.assertEqual(device.stop()[0], 0)
        self.assertGreater(self.flushes(), before, "it flushes when it ends: the trace tells")

    def test_interval(self):
        _, before = self.load("interval")
        wait_until(lambda: self.flushes() > before, "a flush after the confirms")


if __name__ == "__main__":
    main()
