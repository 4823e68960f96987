#!/usr/bin/env python3
"""SIGSTOP of the members of a group and of the device, and kill -9 of members: no partition is held twice, no acknowledgement of an
earlier generation counts, and what a member that died had not acknowledged comes to another."""
import itertools
import signal

from command import main
from durable import rounds
from durable_log import LogTest
from observe import pause, wait_until
from pause import LONGEST

TIMES = 12
GROUP = "group"


class LogPause(LogTest):
    def setUp(self):
        super().setUp()
        self.names = (f"C{number}" for number in itertools.count(1))

    def join(self):
        return self.worker(next(self.names), group=GROUP)

    def hold(self, process, name):
        self.stopped(process, name)
        pause(0.1 + self.draw.random() * LONGEST)
        process.send_signal(signal.SIGCONT)

    def replace(self, members):
        """One dies, and another comes."""
        self.record.say("fault", "invoke", name="kill of a member")
        dead = members.pop(self.draw.randrange(len(members)))
        dead.kill()
        dead.wait()
        self.record.say("fault", "ok", name="kill of a member")
        members.append(self.join())

    def test_a_partition_is_never_held_twice(self):
        times = rounds(TIMES)
        device, members = self.device(), [self.join() for _ in range(3)]
        producer = self.produce(window=64)
        faults = (lambda: self.hold(device.popen, "stop of the device"),
                  lambda: self.hold(self.draw.choice(members), "stop of a member"),
                  lambda: self.replace(members))
        for number in range(times):
            enough = producer.confirmed + self.draw.randrange(1, 300)
            wait_until(lambda: producer.confirmed >= enough, f"{enough} confirms")
            faults[number % len(faults)]()
        self.finish()
        for member in members:
            self.ended(member)
        self.judge("pause", times, faults=times)


if __name__ == "__main__":
    main()
