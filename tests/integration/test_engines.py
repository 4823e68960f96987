#!/usr/bin/env python3
"""One socket, one side of a device, with endpoints of several engines."""
import unittest

from command import CommandTest

SOMEWHERE = ("tcp://127.0.0.1:0", "nng+tcp://127.0.0.1:0")


class Engines(CommandTest):
    def bound_to_both(self, verb, *arguments):
        process = self.start(verb, *sum((("--bind", at) for at in SOMEWHERE), ()), *arguments)
        return process, process.bound(), process.bound()

    def test_a_pull_takes_from_pushers_of_both(self):
        puller, zmq, nng = self.bound_to_both("pull", "--count", "4")
        self.assertTrue(nng.startswith("nng+"))
        self.ok("push", "--connect", zmq, "a", "b")
        self.ok("push", "--connect", nng, "c", "d")
        self.assertEqual(sorted(self.finished(puller).split()), [b"a", b"b", b"c", b"d"])

    def test_a_push_gives_to_pullers_of_both(self):
        pullers = [self.start("pull", "--bind", at, "--count", "50") for at in SOMEWHERE]
        where = sum((["--connect", p.bound()] for p in pullers), [])
        self.ok("push", *where, "--wait-peers", "2", data=b"x\n" * 100)
        for p in pullers:
            self.assertEqual(self.finished(p), b"x\n" * 50)

    def test_a_rep_answers_over_both_and_a_req_asks_over_both(self):
        server, zmq, nng = self.bound_to_both("rep", "--echo")
        for at in (("--connect", zmq), ("--connect", nng), ("--connect", zmq, "--connect", nng)):
            self.assertEqual(self.ok("req", *at, "--timeout", "20s", "hello"), b"hello\n")
        status, _, errors = server.stop()
        self.assertEqual(status, 0, errors)

    def test_a_sub_hears_publishers_of_both(self):
        subscriber, zmq, nng = self.bound_to_both("sub", "--topic", "t", "--count", "2")
        for at in (zmq, nng):
            self.ok("pub", "--connect", at, "--topic", "t", "--wait-peers", "1", at[:3])
        self.assertEqual(sorted(self.finished(subscriber).splitlines()), [b"t\tnng", b"t\ttcp"])

    def test_a_streamer_has_both_on_each_side(self):
        device = self.start("streamer", "--frontend", *SOMEWHERE, "--backend", *SOMEWHERE)
        at = [device.bound().split()[-1] for _ in range(4)]
        fronts, backs = at[:2], at[2:]
        puller = self.start("pull", *sum((["--connect", b] for b in backs), []), "--count", "40")
        for front in fronts:
            self.ok("push", "--connect", front, data=b"x\n" * 20)
        self.assertEqual(self.finished(puller), b"x\n" * 40)
        status, _, errors = device.stop()
        self.assertEqual(status, 0, errors)


if __name__ == "__main__":
    unittest.main()
