"""What the tests of faults on a forwarder with a log share. They are those of durable queues with other clients: publishers for
producers, durable subscribers and members of groups for consumers."""
import re

from command import PATIENCE
from durable import QUEUE, DurableTest
from log_client import Publisher, Subscriber, drain_log


class LogTest(DurableTest):
    def setUp(self):
        super().setUp()
        self.cursors = set()  # those of all subscribers since the last drain

    def command(self):
        ends = (f"ipc://{self.folder}/{end}" for end in ("front", "back"))
        return "forwarder", "--frontend", next(ends), "--backend", next(ends), "--log", self.at

    def device(self, *options, **more):
        process = super().device(*options, **more)
        while not self.is_log(process.url):
            process.url = process.bound()
        return process

    def is_log(self, url):
        return not re.search("/(front|back)$", url)

    def listens(self, device):
        try:
            while not self.is_log(device.bound()):
                pass
            return True
        except AssertionError:
            return False

    def produce(self, name="P", **more):
        return super().produce(name, kind=Publisher, **more)

    def consume(self, name="C", durable="reader", group=None, **more):
        self.cursors.add(group or durable)
        return super().consume(name, kind=Subscriber, durable=durable, group=group, **more)

    def worker(self, name, group, **more):
        self.cursors.add(group)
        return super().worker(name, group=group, **more)

    def drain(self, queue):
        drain_log(self.at, queue, self.cursors, self.record)

    def judge(self, row, *rest, **promise):
        return super().judge(f"log: {row}", *rest, **promise)
