#!/usr/bin/env python3
"""wye streamer, queue, forwarder and bridge as processes."""
import json
import signal
import subprocess
import unittest
from pathlib import Path

from command import CommandTest, PATIENCE, each_engine
from observe import statistics_of, wait_until


class Devices(CommandTest):
    def device(self, name, engine, *more, behind=None):
        behind = engine if behind is None else behind
        process = self.start(name, "--frontend", self.url(engine), "--backend", self.url(behind), *more)
        return process, process.bound(), process.bound()

    @each_engine
    def test_streamer(self, engine):
        device, front, back = self.device("streamer", engine)
        puller = self.start("pull", "--connect", back, "--count", "1000")
        lines = b"".join(b"%d\n" % i for i in range(1000))
        self.ok("push", "--connect", front, data=lines)
        self.assertEqual(self.finished(puller), lines)
        status, _, errors = device.stop()
        self.assertEqual(status, 0, errors)
        self.assertIn("forward passed 1000 dropped 0", errors)

    def test_io_threads(self):
        device, front, back = self.device("streamer", "", "--io-threads", "3")
        threads = Path(f"/proc/{device.popen.pid}/task")
        # Each names itself, a moment after it began.
        wait_until(lambda: sum("IO" in path.read_text() for path in threads.glob("*/comm")) == 3, "three threads of ZeroMQ")
        puller = self.start("pull", "--connect", back, "--count", "3")
        self.ok("push", "--connect", front, data=b"a\nb\nc\n")
        self.assertEqual(self.finished(puller), b"a\nb\nc\n")
        self.assertEqual(device.stop()[0], 0)
        self.assertEqual(self.start("streamer", "--frontend", front, "--backend", back, "--io-threads", "0").finish()[0], 64)

    @each_engine
    def test_queue_with_workers(self, engine):
        device, front, back = self.device("queue", engine, "--json")
        workers = [self.start("rep", "--connect", back, "--exec", "tr a-z A-Z") for _ in range(2)]
        output = self.ok("req", "--connect", front, "--timeout", "40s", data=b"a\nb\nc\n")
        self.assertEqual(output, b"A\nB\nC\n")
        wait_until(lambda: statistics_of(device)["details"]["workers"] == 2, "both workers are there")
        for worker in workers:
            self.assertEqual(worker.stop()[0], 0)
        self.assertEqual(device.stop()[0], 0)

    @each_engine
    def test_forwarder_with_last_value(self, engine):
        device, front, back = self.device("forwarder", engine, "--last-value")
        live = self.start("sub", "--connect", back, "--topic", "t", "--count", "1")
        publisher = self.start("pub", "--connect", front, "--topic", "t", stdin=subprocess.PIPE)
        self.publish_until_ended(publisher, live)
        self.assertEqual(self.finished(live), b"t\tvalue\n")
        publisher.finish()
        self.assertEqual(self.ok("sub", "--connect", back, "--topic", "t", "--count", "1"), b"t\tvalue\n")
        self.assertEqual(device.stop()[0], 0)

    def test_bridge_both_ways(self):
        for front, back in (("", "nng+"), ("nng+", "")):
            with self.subTest(front=front or "zmq"):
                _, frontend, backend = self.device("bridge", front, "--pattern", "pushpull", behind=back)
                puller = self.start("pull", "--connect", backend, "--count", "2")
                self.ok("push", "--connect", frontend, "a", "b")
                self.assertEqual(self.finished(puller), b"a\nb\n")
                _, frontend, backend = self.device("bridge", front, "--pattern", "reqrep", behind=back)
                self.start("rep", "--connect", backend, "--echo")
                self.assertEqual(self.ok("req", "--connect", frontend, "--timeout", "40s", "hi"), b"hi\n")

    def test_bridge_of_routers_and_dealers(self):
        for front, back in (("", "nng+"), ("nng+", "")):
            with self.subTest(front=front or "zmq"):
                _, frontend, backend = self.device("bridge", front, "--pattern", "routerdealer", behind=back)
                self.start("router", "--connect", backend, "--echo")
                self.assertEqual(self.ok("dealer", "--connect", frontend, "--timeout", "40s", "--count", "1", "hi"), b"hi\n")

    def test_bridge_of_pairs(self):
        for front, back in (("", "nng+"), ("nng+", "")):
            with self.subTest(front=front or "zmq"):
                _, frontend, backend = self.device("bridge", front, "--pattern", "pair", behind=back)
                other = self.start("pair", "--connect", backend, "--count", "1", "back")
                self.assertEqual(self.ok("pair", "--connect", frontend, "--count", "1", "forth"), b"back\n")
                self.assertEqual(self.finished(other), b"forth\n")

    def test_bridge_of_publishers(self):
        for front, back in (("", "nng+"), ("nng+", "")):
            with self.subTest(front=front or "zmq"):
                _, frontend, backend = self.device("bridge", front, "--pattern", "pubsub", behind=back)
                live = self.start("sub", "--connect", backend, "--topic", "t", "--count", "1")
                publisher = self.start("pub", "--connect", frontend, "--topic", "t", stdin=subprocess.PIPE)
                self.publish_until_ended(publisher, live)
                self.assertEqual(self.finished(live), b"t\tvalue\n")

    @each_engine
    def test_capture(self, engine):
        """The tap sees what passes; its subscriber is there before the message is sent."""
        tap = self.url(engine)
        _, front, back = self.device("streamer", engine, "--capture", tap)
        listener = self.start("sub", "--connect", tap, "--count", "1", "--format", "text")
        puller = self.start("pull", "--connect", back)
        pusher = self.start("push", "--connect", front, stdin=subprocess.PIPE)
        self.publish_until_ended(pusher, listener)
        self.assertIn(b"value", self.finished(listener))
        puller.stop()

    def test_statistics_on_demand_as_json(self):
        device, _, _ = self.device("streamer", "", "--json", "--name", "stage")
        state = "idle"
        while state == "idle":  # it is bound before it runs
            device.popen.send_signal(signal.SIGUSR1)
            line = json.loads("{" + device.wait_for("{"))
            state = line["statistics"]["state"]
        self.assertEqual((line["name"], state), ("stage", "running"))
        status, _, errors = device.stop()
        self.assertEqual(status, 0)
        self.assertEqual(json.loads(errors.splitlines()[-1])["ledger"]["in_flight"], 0)

    def test_a_second_signal_is_quick(self):
        device, front, _ = self.device("queue", "", "--drain-timeout", "1h")
        asker = self.start("req", "--connect", front, "--timeout", "1h", "nobody answers")
        device.popen.send_signal(signal.SIGUSR1)
        while "received 1" not in device.wait_for("statistics: "):
            device.popen.send_signal(signal.SIGUSR1)
        while device.popen.poll() is None:
            device.popen.send_signal(signal.SIGTERM)
            try:
                device.popen.wait(0.1)
            except subprocess.TimeoutExpired:
                pass
        self.assertEqual(device.popen.wait(PATIENCE), 75)
        asker.end()

    def test_sides_must_be_given(self):
        status, _, errors = self.run_wye("streamer", "--frontend", self.url(""))
        self.assertIn(status, (64, 78))
        self.assertIn("backend", errors)
        self.assertEqual(self.run_wye("bridge", "--frontend", self.url(""), "--backend", self.url("nng+"))[0], 64)


if __name__ == "__main__":
    unittest.main()
