#!/usr/bin/env python3
"""The network between a durable queue and its clients is cut: both ways, one way, and again and again."""
import os
import shutil
import subprocess

from command import main
from durable import DurableTest, rounds
from observe import pause, wait_until

LENGTH = 5  # seconds
HERE, THERE = "10.213.{}.1", "10.213.{}.2"


def run(*command):
    subprocess.run(command, check=True, capture_output=True)


class Partition(DurableTest):
    cuts = 14

    def network(self):
        """A network of two: us, and a namespace in which the device lives."""
        self.space, net = f"wye{os.getpid()}", os.getpid() % 250 + 1
        self.here, self.there = HERE.format(net), THERE.format(net)
        if os.geteuid() != 0 or not shutil.which("ip"):
            self.skipTest("only root may make a network, with ip")
        try:
            run("ip", "netns", "add", self.space)
            self.addCleanup(run, "ip", "netns", "del", self.space)
            run("ip", "link", "add", self.space, "type", "veth", "peer", "name", "wye", "netns", self.space)
            run("ip", "-n", self.space, "link", "set", "lo", "up")  # not in a changed root, where nothing can be mounted
        except subprocess.CalledProcessError as error:
            self.skipTest(f"no network namespaces here: {error.stderr}")
        run("ip", "address", "add", f"{self.here}/30", "dev", self.space)
        run("ip", "link", "set", self.space, "up")
        run("ip", "-n", self.space, "address", "add", f"{self.there}/30", "dev", "wye")
        run("ip", "-n", self.space, "link", "set", "wye", "up")

    def link_down(self):
        run("ip", "-n", self.space, "link", "set", "wye", "down")
        return lambda: run("ip", "-n", self.space, "link", "set", "wye", "up")

    def nothing_from_us(self):
        run("ip", "route", "add", "blackhole", f"{self.there}/32")
        return lambda: run("ip", "route", "del", "blackhole", f"{self.there}/32")

    def nothing_to_us(self):
        run("ip", "-n", self.space, "route", "add", "blackhole", f"{self.here}/32")
        return lambda: run("ip", "-n", self.space, "route", "del", "blackhole", f"{self.here}/32")

    def flapping(self):
        for _ in range(3):
            self.link_down()()
            pause(0.05)
        return self.link_down()

    def cut(self, number, producer):
        how = (self.link_down, self.nothing_from_us, self.nothing_to_us, self.flapping)[number % 4]
        confirmed = producer.confirmed
        wait_until(lambda: producer.confirmed > confirmed, "it works before")
        self.record.say("fault", "invoke", name=how.__name__)
        heal = how()
        self.record.say("fault", "ok", name=how.__name__)
        pause(LENGTH)
        heal()
        self.record.say("heal", "ok")
        confirmed = producer.confirmed
        wait_until(lambda: producer.confirmed > confirmed, f"it goes on after {how.__name__}")

    def test_nothing_is_lost(self):
        self.network()
        self.at = f"tcp://{self.there}:0"
        self.at = self.device(under=["ip", "netns", "exec", self.space]).url
        producer = self.produce(silence=1)
        self.consume(silence=1)
        cuts = rounds(self.cuts)
        for number in range(cuts):
            self.cut(number, producer)
        self.finish()
        self.judge("partition", cuts, order=True, faults=cuts, liveness=5)


if __name__ == "__main__":
    main()
