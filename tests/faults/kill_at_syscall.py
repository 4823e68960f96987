#!/usr/bin/env python3
"""kill -9 of a durable queue at each of the system calls that it makes on the way from start to end, one after the other."""
import signal

from command import main
from durable import DurableTest
from observe import wait_until
from queue_client import drain
from strace import NAMES, SYNCS, WRITES, traced

MOST = 2000  # calls; a load that makes more is no small one


class KillAtSyscall(DurableTest):
    def at_each(self, row, load):
        kills = sum(self.at_each_of(calls, load) for calls in (WRITES, SYNCS, NAMES))
        self.judge(f"kill at each call, {row}", kills, order=True, faults=kills)

    def at_each_of(self, calls, load):
        """Runs the load again and again, killed at call 1, 2, 3 …, each time on a new store, until none is left. Returns how
        many there were."""
        for number in range(1, MOST):
            self.name = f"{number}-{calls.partition(',')[0]}"
            self.queue, self.dead, self.store = f"q-{self.name}", None, f"{self.folder}/store-{self.name}"
            if not self.killed_at(number, calls, load):
                return number - 1
        raise AssertionError(f"more than {MOST} calls")

    def killed_at(self, number, calls, load):
        """False if it made fewer calls."""
        device = self.begin(under=traced(calls, f"signal=KILL:when={number}", "/dev/null"))
        listened = self.listens(device)
        if listened:
            done = load()
            wait_until(lambda: done() or device.popen.poll() is not None, "all done, or killed")
        if device.popen.poll() is None:
            device.popen.terminate()
        killed = device.finish()[0] == -signal.SIGKILL
        if killed:
            self.record.say("fault", "ok", name=f"kill at call {number}")
        device = self.device()
        if listened:
            self.reconnect()
        else:
            load()
        producer = self.clients[0]
        wait_until(producer.over, "all confirmed")
        self.drained()
        device.end()
        return killed

    def drained(self):
        if self.dead:
            self.moved()
        self.finish(self.dead or self.queue)

    def moved(self):
        """What is neither here nor there has arrived."""
        drain(self.at, self.queue, self.record)
        control = self.control()
        for _ in range(3):  # each is a flush, and a move is done after two
            control.call("set", q=self.queue, set={})

    # Loads: each begins, and returns what tells that it is done.

    def small(self):
        """Few messages, one after the other, each acknowledged."""
        producer = self.produce(self.name, queue=self.queue, window=1, count=6)
        self.consume("C", queue=self.queue, credit=4)
        return lambda: producer.confirmed >= 6

    def dying(self):
        """Messages that become dead letters: a move from one log to another."""
        self.dead = f"{self.queue}.dead"
        self.produce(self.name, queue=self.queue, window=2, count=3)
        self.consume("C", queue=self.queue, credit=4, verdict=lambda message: "dead")
        undertaker = self.consume("U", queue=self.dead)
        return lambda: undertaker.acknowledged >= 3

    def large(self):
        """More at a time, and bodies of many pages."""
        producer = self.produce(self.name, queue=self.queue, window=16, count=48, size=20000)
        self.consume("C", queue=self.queue)
        return lambda: producer.confirmed >= 48

    def test_dead_letters(self):
        self.at_each("dead letters", self.dying)

    def test_a_small_load(self):
        self.at_each("small load", self.small)

    def test_a_larger_load(self):
        self.at_each("larger load", self.large)


if __name__ == "__main__":
    main()
