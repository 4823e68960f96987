#!/usr/bin/env python3
"""kill -9 of a durable queue, again and again, under load: what was confirmed is never lost, and what was acknowledged never
comes back."""
from command import main
from durable import DurableTest, rounds
from observe import pause, wait_until

LONGEST = 0.5  # seconds between an acknowledgement and the kill


class Kill(DurableTest):
    kills = 200

    def cycle(self):
        """From a start to a kill, a random moment after a random confirm."""
        device = self.device(sync=self.sync)
        self.reconnect()
        enough = self.producer.confirmed + self.draw.randrange(1, 200)
        wait_until(lambda: self.producer.confirmed >= enough, f"{enough} confirms")
        pause(LONGEST * self.draw.random() ** 8)  # mostly short, so that there are many kills
        self.killed(device)

    def kill_often(self, kills, sync="always", **more):
        self.sync = sync
        self.producer = self.produce(**more)
        self.consume()
        for _ in range(kills):
            self.cycle()
        device = self.device(sync=sync)
        self.reconnect()
        self.finish()
        device.end()

    def test_with_deduplication_nothing_is_lost_doubled_or_out_of_order(self):
        kills = rounds(self.kills) // 3
        self.kill_often(kills)
        self.judge("kill", kills, order=True, faults=kills)

    def test_with_numbered_messages_neither(self):
        kills = rounds(self.kills) // 3
        self.kill_often(kills, dedup="numbers")
        self.judge("kill", kills, order=True, faults=kills)

    def test_without_it_only_what_was_sent_again_comes_twice(self):
        kills = rounds(self.kills) - 2 * (rounds(self.kills) // 3)
        self.kill_often(kills, dedup=False)
        self.judge("kill", kills, order=True, duplicates="resent", faults=kills)

    def test_the_modes_that_do_not_wait_for_the_disk_lose_nothing_to_a_kill(self):
        """What was confirmed was written: the system has it. Only a loss of power may take it."""
        kills = rounds(self.kills) // 10
        for sync in ("interval", "none"):
            self.kill_often(kills, sync, name=f"P-{sync}")
        self.judge("kill, interval and none", 2 * kills, order=True, faults=2 * kills)


if __name__ == "__main__":
    main()
