#!/usr/bin/env python3
"""A flush of the disk fails: nothing is confirmed after it, nothing is flushed a second time, and what was confirmed before
is there at the next start."""
from command import main
from durable import DurableTest, rounds
from observe import wait_until
from queue_client import Refused
from strace import SYNCS, after_the_first, succeeded, traced

DELAY = 50_000  # µs that the flush takes to fail: who confirms without waiting for it confirms much meanwhile
PUTS = 60  # of up to 4 messages: more than enough for as many flushes


class FsyncFails(DurableTest):
    failures = 50

    def failed_at(self, number):
        self.queue, self.store = f"q{number}", f"{self.folder}/store{number}"
        log = f"{self.folder}/trace{number}"
        device = self.begin(under=traced(SYNCS, f"error=EIO:delay_enter={DELAY}:when={number}", log))
        listens = self.listens(device)
        before = self.flushes_before(listens, log)
        producer = self.produce(f"P{number}", queue=self.queue, window=1, count=4 * PUTS)
        ended = lambda: device.popen.poll() is not None
        wait_until(lambda: producer.broken or producer.over() or ended(), "an error")
        if listens and producer.broken and not ended():
            self.refuses(device)
        device.stop()
        self.assertLessEqual(producer.answered, succeeded(log, "fdatasync") - before,
                             "one put after the other, so each confirm needs a flush of its own")
        self.not_again(log, number)
        device = self.device()
        self.reconnect()
        self.consume(f"C{number}", queue=self.queue)
        self.finish(self.queue)
        device.end()

    def flushes_before(self, listens, log):
        """Each confirm needs one of those that follow."""
        if listens:
            try:
                self.make_place()
            except (Refused, ConnectionError):
                pass  # it was this one's flush
        return succeeded(log, "fdatasync")

    def make_place(self):
        """To make a queue takes several flushes, and one of them comes later: so a message comes and goes."""
        self.control().call("put", [b"first"], q=self.queue, make=True)
        self.control().call("purge", q=self.queue)

    def refuses(self, device):
        """It says that it takes nothing more, or ends."""
        try:
            answer = self.late()
            self.assertEqual(answer["bad"][0][1], "io")
        except Refused as error:
            self.assertEqual(error.args[0], "io")
        except ConnectionError:
            wait_until(lambda: device.popen.poll() is not None, "it neither answers nor ends")

    def late(self):
        return self.control().call("put", [b"late"], q="late", make=True)

    def not_again(self, log, number):
        later = after_the_first(log, SYNCS)
        self.assertIsNotNone(later, f"flush {number} was never reached")
        self.assertEqual([line for line in later if line.rstrip().endswith("= 0")], [], "flushed again after a failure")
        self.record.say("fault", "ok", name=f"EIO at flush {number}")

    def test_each_flush(self):
        failures = rounds(self.failures)
        for number in range(1, failures + 1):
            self.failed_at(number)
        self.judge("flush fails", failures, order=True, faults=failures)


if __name__ == "__main__":
    main()
