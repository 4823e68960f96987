#!/usr/bin/env python3
"""2000 clients of a durable queue that is killed and started again: all are back soon."""
import binascii
import resource
import select
import sys
import time


from command import PATIENCE, main
from durable import QUEUE, DurableTest
from queue_client import Client

CLIENTS = 2000
BACK = 10  # seconds
PATIENT = 3  # seconds


class Herd(DurableTest):
    def many(self):
        """Room for so many, in this process and in the device."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard < 4 * CLIENTS:
            self.skipTest(f"{4 * CLIENTS} descriptors are not allowed here")
        resource.setrlimit(resource.RLIMIT_NOFILE, (4 * CLIENTS, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        self.herd, self.whose = {number: Client(self.at) for number in range(CLIENTS)}, {}
        self.addCleanup(lambda: [client.close() for client in self.herd.values()])

    def everybody_puts(self, seq):
        """Each client one message; returns when all are confirmed. One that waits for long connects anew."""
        poller, attempts = select.poll(), dict.fromkeys(self.herd, 1)
        self.put(attempts, seq, poller)
        limit = time.monotonic() + PATIENCE
        again = time.monotonic() + PATIENT
        while attempts and time.monotonic() < limit:
            for descriptor, _ in poller.poll(100):
                self.look(descriptor, seq, attempts, poller)
            if time.monotonic() > again:
                attempts = {number: attempt + 1 for number, attempt in attempts.items()}
                self.put(attempts, seq, poller)
                again = time.monotonic() + PATIENT
        self.assertEqual(len(attempts), 0, f"clients that had no answer for {PATIENCE} s")

    def put(self, attempts, seq, poller):
        for number, attempt in attempts.items():
            if attempt > 1 or self.herd[number].dealer.ended:
                self.herd[number].close()
                self.herd[number] = Client(self.at)
            body = b"P%d %d herd" % (number, seq)
            self.record.say("send", "invoke", crc=binascii.crc32(body), attempt=attempt, **self.of(number, seq))
            self.herd[number].request("put", [body], q=QUEUE, make=True, m={"d": body})
            if not self.herd[number].dealer.ended:
                poller.register(self.herd[number].dealer, select.POLLIN)
                self.whose[self.herd[number].dealer.fileno()] = number

    def look(self, descriptor, seq, attempts, poller):
        number = self.whose[descriptor]
        got = self.herd[number].receive(0)
        if got:
            self.record.say("send", "ok", offset=got[0]["s"][0], attempt=attempts.pop(number), **self.of(number, seq))
        if got or self.herd[number].dealer.ended:
            poller.unregister(descriptor)

    def of(self, number, seq):
        return {"producer": f"P{number}", "seq": seq, "partition": QUEUE, "p": f"P{number}"}

    def test_all_are_back(self):
        self.at = "tcp://127.0.0.1:0"
        device = self.device()
        self.at = device.url
        self.many()
        device.end()
        device = self.device()  # with room for all their connections
        self.everybody_puts(1)
        self.killed(device)
        self.device()
        started = time.monotonic()
        self.everybody_puts(2)
        took = time.monotonic() - started
        print(f"{CLIENTS} clients were back after {took:.1f} s", file=sys.stderr)
        self.assertLess(took, BACK)
        self.consume()
        self.finish()
        self.judge("herd", 1, order=True, faults=1)


if __name__ == "__main__":
    main()
