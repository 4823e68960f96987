#!/usr/bin/env python3
"""wye topics bind: what is published feeds named queues, also when either device is killed."""
import json
import os
import signal
import subprocess
import unittest

from command import CommandTest, PATIENCE, each_engine

ROUNDS = 6
LINES = 400  # published in a round


class Bindings(CommandTest):
    def forwarder(self, engine="", at=None):
        at = at or (self.url(engine), self.url(engine), os.path.join(self.folder, f"log{self._names}"))
        process = self.start("forwarder", "--frontend", at[0], "--backend", at[1], "--store", at[2])
        for _ in range(4):
            process.bound()
        return process, at

    def queue(self, engine="", at=None):
        at = at or (self.url(engine), os.path.join(self.folder, f"queues{self._names}"))
        process = self.start("queue", "--bind", at[0], "--store", at[1])
        process.bound()
        return process, at

    def both(self, engine=""):
        self.device, self.log = self.forwarder(engine)
        self.queues, self.queue_at = self.queue(engine)
        self.front, self.to = self.log[0], self.queue_at[0]

    def declare(self, name, *settings):
        self.ok("queues", "declare", name, *settings, "--connect", self.to)

    def bind(self, name, queue, *more):
        return self.ok("topics", "bind", name, "--queue", queue, "--at", self.to, *more, "--connect", self.front)

    def binding(self, name):
        lines = self.ok("topics", "bindings", "--connect", self.front, "--json").splitlines()
        return next(b for b in map(json.loads, lines) if b["binding"] == name)

    def publish(self, data, *more):
        return self.ok("pub", "--confirm", "--connect", self.front, *more, data=data)

    def get(self, queue, count):
        lines = self.ok("get", "--connect", self.to, "--queue", queue, "--no-make", "--count", str(count), "--timeout",
                        f"{PATIENCE // 2}s", "--json").splitlines()
        return [json.loads(line) for line in lines]

    def bodies(self, queue, count):
        return [m["frames"][0] for m in self.get(queue, count)]

    def wait_for(self, name, holds):
        while not holds(self.binding(name)):
            pass
        return self.binding(name)

    @each_engine
    def test_each_routing_feeds_its_queue(self, engine):
        self.both(engine)
        for name in ("all", "exact", "pattern", "headers"):
            self.declare(name)
        self.assertEqual(self.bind("1", "all"), b"bound\n")
        self.assertEqual(self.bind("2", "exact", "--subject", "order.new"), b"bound\n")
        self.assertEqual(self.bind("3", "pattern", "--match", "order.#", "--match", "*.note"), b"bound\n")
        self.assertEqual(self.bind("4", "headers", "--header", "k=1", "--header", "l=2", "--any"), b"bound\n")
        self.assertEqual(self.bind("1", "all"), b"there already\n")
        self.publish(b"order.new\ta\norder.old.x\tb\na.note\tc\nnews\td\n")
        self.publish(b"news\te\n", "--header", "l=2")
        self.assertEqual(self.bodies("all", 5), ["a", "b", "c", "d", "e"])
        self.assertEqual(self.bodies("exact", 1), ["a"])
        self.assertEqual(self.bodies("pattern", 3), ["a", "b", "c"])
        self.assertEqual(self.get("headers", 1)[0]["headers"], {"l": "2", "topic": "news"})

    def killed_again_and_again(self, kill):
        """Publishes while `kill(round)` ends a device and begins it anew; each line arrives once."""
        self.both()
        self.declare("q")
        self.bind("b", "q")
        publisher = self.start("pub", "--confirm", "--json", "--connect", self.front, "--topic", "t", stdin=subprocess.PIPE)
        for turn in range(ROUNDS):
            publisher.write(b"".join(b"%d\n" % (turn * LINES + i) for i in range(LINES)))
            for _ in range(LINES // 2):  # the rest is under way
                publisher.read_line()
            kill(turn)
            for _ in range(LINES - LINES // 2):
                self.assertNotIn("error", json.loads(publisher.read_line()))
        self.finished(publisher)
        end = self.wait_for("b", lambda b: b["lag"] == 0)
        self.assertEqual((end["put"], end["dropped"]), (ROUNDS * LINES, 0))
        self.assertEqual(self.bodies("q", ROUNDS * LINES), [str(i) for i in range(ROUNDS * LINES)])
        left = json.loads(self.ok("queues", "stat", "q", "--connect", self.to, "--json"))
        self.assertEqual((left["ready"], left["leased"]), (0, 0))

    def kill_forwarder(self):
        self.device.stop(signal.SIGKILL)
        self.device, _ = self.forwarder(at=self.log)

    def kill_queue(self):
        self.queues.stop(signal.SIGKILL)
        self.queues, _ = self.queue(at=self.queue_at)

    def test_nothing_is_lost_nor_doubled_when_the_forwarder_is_killed(self):
        self.killed_again_and_again(lambda turn: self.kill_forwarder())

    def test_nothing_is_lost_nor_doubled_when_the_queue_is_killed(self):
        self.killed_again_and_again(lambda turn: self.kill_queue())

    def test_nothing_is_lost_nor_doubled_when_both_are_killed(self):
        self.killed_again_and_again(lambda turn: (self.kill_queue(), self.kill_forwarder()))

    def test_a_queue_that_is_not_there_is_waited_for(self):
        self.both()
        self.bind("b", "later")
        self.publish(b"t\t1\n")
        held = self.wait_for("b", lambda b: b["refused"] > 1)
        self.assertIn("no queue 'later'", held["trouble"])
        self.assertEqual((held["put"], held["lag"]), (0, 1))
        self.declare("later")
        self.assertEqual(self.bodies("later", 1), ["1"])
        self.assertNotIn("trouble", self.wait_for("b", lambda b: b["put"] == 1))

    def test_a_device_that_is_not_there_is_named(self):
        self.both()
        self.declare("q")
        self.queues.stop()
        self.bind("b", "q")
        self.publish(b"t\t1\n")
        self.assertIn("nobody is there at " + self.to, self.wait_for("b", lambda b: "trouble" in b)["trouble"])
        self.queue(at=self.queue_at)
        self.assertEqual(self.bodies("q", 1), ["1"])

    def test_a_full_queue_holds_it_back_and_it_goes_on_by_itself(self):
        self.both()
        self.declare("q", "--max-messages", "3")
        self.bind("b", "q")
        self.publish(b"".join(b"t\t%d\n" % i for i in range(10)))
        self.assertIn("full", self.wait_for("b", lambda b: "trouble" in b)["trouble"])
        self.assertEqual(sorted(self.bodies("q", 10), key=int), [str(i) for i in range(10)])

    def test_what_can_never_be_put_is_named_and_passed_over(self):
        self.both()
        self.declare("q", "--max-bytes", "1000")
        self.bind("b", "q")
        self.publish(b"t\tsmall\nt\t" + b"x" * 2000 + b"\nt\tlast\n")
        self.assertEqual(self.bodies("q", 2), ["small", "last"])
        end = self.wait_for("b", lambda b: b["lag"] == 0)
        self.assertEqual(end["dropped"], 1)
        self.assertIn("partition 0, sequence 2: too_large", end["last_dropped"])
        replay = self.ok("sub", "--connect", self.front, "--from", "seq:2", "--count", "1", "--format", "raw")
        self.assertEqual(replay, b"x" * 2000)

    def test_it_begins_where_it_is_told_and_ends_when_it_is_told(self):
        self.both()
        self.declare("q")
        self.publish(b"t\t1\nt\t2\n")
        self.bind("b", "q", "--from", "seq:2")
        self.assertEqual(self.bodies("q", 1), ["2"])
        self.ok("topics", "unbind", "b", "--connect", self.front)
        self.publish(b"t\t3\n")
        self.bind("b", "q", "--from", "new")
        self.publish(b"t\t4\n")
        self.assertEqual(self.bodies("q", 1), ["4"])

    def test_mistakes_are_told(self):
        self.both()
        url = ("--connect", self.front)
        for words, status, part in (
                (("bind", "b"), 64, "--queue"),
                (("bind", "--queue", "q", "--at", self.to), 64, "name the binding"),
                (("bind", "b", "--queue", "q", "--at", self.to, "--match", "a", "--subject", "b"), 64, "either"),
                (("bind", "b", "--queue", "q", "--at", "nonsense"), 64, "nonsense"),
                (("bind", "b", "--queue", "q", "--at", self.to, "--stream", "none"), 69, "no stream 'none'"),
                (("unbind", "b"), 69, "no binding 'b'")):
            got, _, errors = self.run_wye("topics", *words, *url)
            self.assertEqual(got, status, errors)
            self.assertIn(part, errors)
        self.bind("b", "q")
        got, _, errors = self.run_wye("topics", "bind", "b", "--queue", "other", "--at", self.to, *url)
        self.assertEqual(got, 78, errors)
        self.assertIn("other settings", errors)

    def test_the_statistics_count_what_goes_through(self):
        self.both()
        self.declare("q")
        self.bind("b", "q")
        self.publish(b"t\t1\nt\t2\n")
        self.wait_for("b", lambda b: b["put"] == 2)
        errors = self.device.stop()[2]
        for part in ("bindings 1", "binding_put 2", "binding_dropped 0"):
            self.assertIn(part, errors)


if __name__ == "__main__":
    unittest.main()
