#!/usr/bin/env python3
"""SIGTERM of a durable queue under load: it ends well, and nothing is lost or comes twice."""
from command import main
from durable import DurableTest, rounds
from observe import wait_until

ENDS = 50


class Terminate(DurableTest):
    def test_it_ends_well_and_nothing_is_lost(self):
        ends = rounds(ENDS)
        producers = [self.produce(f"P{i}") for i in range(2)]
        self.consume()
        for _ in range(ends):
            device = self.device()
            self.reconnect()
            enough = sum(p.confirmed for p in producers) + self.draw.randrange(1, 300)
            wait_until(lambda: sum(p.confirmed for p in producers) >= enough, f"{enough} confirms")
            self.record.say("fault", "invoke", name="SIGTERM")
            status, _, errors = device.stop()
            self.assertEqual(status, 0, errors)
            self.record.say("fault", "ok", name="SIGTERM")
        self.device()
        self.reconnect()
        self.finish()
        self.judge("SIGTERM", ends, order=True, faults=ends)


if __name__ == "__main__":
    main()
