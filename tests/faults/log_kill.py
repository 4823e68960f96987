#!/usr/bin/env python3
"""kill -9 of a forwarder with a log, again and again, under load: what was confirmed gets to each durable subscriber and to each
group, in order, and what was acknowledged never comes back."""
import kill
from command import main
from durable_log import LogTest


class LogKill(LogTest, kill.Kill):
    kills = 30

    def kill_often(self, kills, *rest, **more):
        self.consume("D", durable="other")
        for member in ("G1", "G2"):
            self.consume(member, group="group")
        super().kill_often(kills, *rest, **more)


if __name__ == "__main__":
    main()
