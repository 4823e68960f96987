#!/usr/bin/env python3
"""SIGSTOP of consumers that hold leases, and of the device: a lease is never held twice, and what is given again is counted."""
import json
import signal
import sys

from command import PATIENCE, main
from durable import QUEUE, DurableTest, rounds
from observe import pause, wait_until

PAUSES = 10
LEASE = 300  # ms
LONGEST = 1  # seconds


class Pause(DurableTest):
    def hold(self, process, name):
        self.stopped(process, name)
        pause(0.1 + self.draw.random() * LONGEST)
        process.send_signal(signal.SIGCONT)

    def test_no_lease_is_held_twice(self):
        pauses = rounds(PAUSES)
        device, workers = self.device(), [self.worker(f"C{i}", lease=LEASE) for i in range(3)]
        producer = self.produce(window=64)
        for _ in range(pauses):
            enough = producer.confirmed + self.draw.randrange(1, 300)
            wait_until(lambda: producer.confirmed >= enough, f"{enough} confirms")
            if self.draw.random() < 0.2:
                self.hold(device.popen, "stop of the device")
            else:
                self.hold(self.draw.choice(workers), "stop of a consumer")
        self.finish()
        redelivered = self.control().stat(QUEUE)["redelivered"]
        said = [json.loads(self.ended(worker)) for worker in workers]
        verdict = self.judge("pause", pauses, faults=pauses)
        print(f"redelivered {redelivered}, stale acknowledgements {sum(s['stale'] for s in said)}", file=sys.stderr)
        self.assertGreaterEqual(redelivered, verdict.counts["redelivered"])

    def test_an_acknowledgement_with_a_former_token_is_refused(self):
        self.device()
        first, second = self.control(), self.control()
        first.call("put", [b"one"], q=QUEUE, make=True)
        former, current = self.taken(first, LEASE), self.taken(second, 100 * LEASE)
        self.assertEqual([code for _, code, _ in first.call("ack", q=QUEUE, **former).get("bad", ())], ["stale"])
        self.assertEqual(second.call("ack", q=QUEUE, **current)["n"], 1)

    def taken(self, client, lease):
        """The token of the message that the queue gives to this client, now or when its lease with another has ended."""
        client.request("get", q=QUEUE, n=1, lease=lease)
        header, _ = client.receive(PATIENCE)
        return {"s": [m["s"] for m in header["m"]], "a": [m["a"] for m in header["m"]], "e": header["e"]}


if __name__ == "__main__":
    main()
