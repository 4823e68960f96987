#!/usr/bin/env python3
"""The verbs and the devices over shm://, on one side or on both."""
import os
import select
import subprocess
import unittest

from command import CommandTest


def tcp():
    return "tcp://127.0.0.1:0"


class SharedMemory(CommandTest):
    def shm(self):
        self._names += 1
        return f"shm://test-{os.getpid()}-{self._testMethodName}-{self._names}"

    def sides(self):
        """Frontends and backends of a device: shm on both sides, or on one."""
        for front, back in ((self.shm, self.shm), (self.shm, tcp), (tcp, self.shm)):
            with self.subTest(front=front.__name__, back=back.__name__):
                yield front(), back()

    def device(self, name, front, back, *more):
        process = self.start(name, "--frontend", front, "--backend", back, *more)
        return process, process.bound(), process.bound()

    def check_pubsub(self, front, back):
        live = self.start("sub", "--connect", back, "--topic", "t", "--count", "1")
        publisher = self.start("pub", "--connect", front, "--topic", "t", stdin=subprocess.PIPE)
        self.publish_until_ended(publisher, live)
        self.assertEqual(self.finished(live), b"t\tvalue\n")
        publisher.finish()

    def check_pipeline(self, front, back):
        puller = self.start("pull", "--connect", back, "--count", "1000")
        lines = b"".join(b"%d\n" % i for i in range(1000))
        self.ok("push", "--connect", front, data=lines)
        self.assertEqual(self.finished(puller), lines)

    def test_push_and_pull(self):
        for at in (self.shm(), f"shm://{self.folder}/path"):
            with self.subTest(at):
                puller = self.start("pull", "--bind", at, "--count", "10000")
                lines = b"".join(b"%d\n" % i for i in range(10000))
                self.ok("push", "--connect", puller.bound(), data=lines)
                self.assertEqual(self.finished(puller), lines)

    def test_bodies_of_every_place(self):
        """In the ring, copied from it, in the arena."""
        lines = [b"x" * size for size in (0, 1, 64, 65, 1024, 1025, 100_000, 5_000_000)]
        puller = self.start("pull", "--bind", self.shm(), "--count", str(len(lines)))
        self.ok("push", "--connect", puller.bound(), data=b"\n".join(lines) + b"\n")
        self.assertEqual(self.finished(puller).splitlines(), lines)

    def test_publish_and_subscribe(self):
        live = self.start("sub", "--bind", self.shm(), "--topic", "t", "--count", "1")
        publisher = self.start("pub", "--connect", live.bound(), "--topic", "t", stdin=subprocess.PIPE)
        self.publish_until_ended(publisher, live)
        self.assertEqual(self.finished(live), b"t\tvalue\n")

    def test_request_and_reply(self):
        server = self.start("rep", "--bind", self.shm(), "--exec", "tr a-z A-Z")
        self.assertEqual(self.ok("req", "--connect", server.bound(), "--timeout", "40s", data=b"a\nb\n"), b"A\nB\n")

    def test_dealer_and_router(self):
        server = self.start("router", "--bind", self.shm(), "--echo")
        self.assertEqual(self.ok("dealer", "--connect", server.bound(), "--timeout", "40s", "--count", "1", "hi"), b"hi\n")

    def test_pair(self):
        one = self.start("pair", "--bind", self.shm(), "--count", "1", "back")
        self.assertEqual(self.ok("pair", "--connect", one.bound(), "--count", "1", "forth"), b"back\n")
        self.assertEqual(self.finished(one), b"forth\n")

    def test_bus(self):
        one = self.start("bus", "--bind", self.shm(), "--count", "1")
        other = self.start("bus", "--connect", one.bound(), stdin=subprocess.PIPE)
        while not select.select([one.popen.stdout], [], [], 0.05)[0]:  # before the connection stands nobody gets it
            other.write(b"hi\n")
        self.assertEqual(set(self.finished(one).splitlines()), {b"hi"})
        other.finish()

    def test_survey(self):
        chair = self.start("surveyor", "--bind", self.shm(), "--wait-peers", "1", "--count", "1", "who")
        self.start("respondent", "--connect", chair.bound(), "--echo")
        self.assertEqual(self.finished(chair), b"who\n")

    def test_spinning(self):
        """A time is taken on both sides; nonsense is a mistake in the call."""
        puller = self.start("pull", "--bind", self.shm(), "--spin", "0", "--count", "1")
        self.ok("push", "--connect", puller.bound(), "--spin", "200us", "x")
        self.assertEqual(self.finished(puller), b"x\n")
        status, _, errors = self.run_wye("pull", "--bind", self.shm(), "--spin", "soon")
        self.assertEqual(status, 64)
        self.assertIn("--spin", errors)

    def test_streamer(self):
        for front, back in self.sides():
            device, frontend, backend = self.device("streamer", front, back)
            self.check_pipeline(frontend, backend)
            status, _, errors = device.stop()
            self.assertEqual(status, 0, errors)
            self.assertIn("forward passed 1000 dropped 0", errors)

    def test_forwarder(self):
        for front, back in self.sides():
            device, frontend, backend = self.device("forwarder", front, back, "--last-value")
            self.check_pubsub(frontend, backend)
            self.assertEqual(self.ok("sub", "--connect", backend, "--topic", "t", "--count", "1"), b"t\tvalue\n")
            self.assertEqual(device.stop()[0], 0)

    def test_queue_with_workers(self):
        for front, back in self.sides():
            device, frontend, backend = self.device("queue", front, back)
            workers = [self.start("rep", "--connect", backend, "--exec", "tr a-z A-Z") for _ in range(2)]
            self.assertEqual(self.ok("req", "--connect", frontend, "--timeout", "40s", data=b"a\nb\nc\n"), b"A\nB\nC\n")
            for worker in workers:
                self.assertEqual(worker.stop()[0], 0)
            self.assertEqual(device.stop()[0], 0)

    def test_named_queue(self):
        device = self.start("queue", "--bind", self.shm(), "--store", os.path.join(self.folder, "store"))
        at = device.bound()
        self.ok("put", "--connect", at, "--queue", "q", data=b"a\nb\n")
        self.assertEqual(self.ok("get", "--connect", at, "--queue", "q", "--count", "2"), b"a\nb\n")
        self.assertEqual(device.stop()[0], 0)

    def test_bridge_between_shm_and_tcp(self):
        for front, back in ((self.shm, tcp), (tcp, self.shm)):
            with self.subTest(front=front.__name__):
                _, frontend, backend = self.device("bridge", front(), back(), "--pattern", "pushpull")
                self.check_pipeline(frontend, backend)
                _, frontend, backend = self.device("bridge", front(), back(), "--pattern", "pubsub")
                self.check_pubsub(frontend, backend)
                _, frontend, backend = self.device("bridge", front(), back(), "--pattern", "reqrep")
                self.start("rep", "--connect", backend, "--echo")
                self.assertEqual(self.ok("req", "--connect", frontend, "--timeout", "40s", "hi"), b"hi\n")
                _, frontend, backend = self.device("bridge", front(), back(), "--pattern", "routerdealer")
                self.start("router", "--connect", backend, "--echo")
                self.assertEqual(self.ok("dealer", "--connect", frontend, "--timeout", "40s", "--count", "1", "hi"), b"hi\n")
                _, frontend, backend = self.device("bridge", front(), back(), "--pattern", "pair")
                other = self.start("pair", "--connect", backend, "--count", "1", "back")
                self.assertEqual(self.ok("pair", "--connect", frontend, "--count", "1", "forth"), b"back\n")
                self.assertEqual(self.finished(other), b"forth\n")

    def test_a_device_that_is_killed_is_replaced_under_its_name(self):
        front, back = self.shm(), self.shm()
        first, *_ = self.device("streamer", front, back)
        puller = self.start("pull", "--connect", back, "--count", "1000")
        first.end()
        self.device("streamer", front, back)
        lines = b"".join(b"%d\n" % i for i in range(1000))
        self.ok("push", "--connect", front, data=lines)
        self.assertEqual(self.finished(puller), lines)


if __name__ == "__main__":
    unittest.main()
