#!/usr/bin/env python3
"""--batch and ?batch: through every device, with named queues and logs, and in the counts."""
import json
import os
import subprocess
import unittest

from command import CommandTest, each_engine

MANY = 20_000
LINES = b"".join(b"%d\n" % n for n in range(MANY))
FEW = LINES[:LINES.index(b"2000\n")]
TOPICAL = b"".join(b"t\t%d\n" % n for n in range(MANY))


class Batches(CommandTest):
    def device(self, name, engine, *more, behind=None):
        behind = engine if behind is None else behind
        process = self.start(name, "--frontend", self.url(engine), "--backend", self.url(behind), "--json", *more)
        return process, process.bound(), process.bound()

    def ledger_of(self, device):
        """What a device counted when it ended well."""
        status, _, errors = device.stop()
        self.assertEqual(status, 0, errors)
        [line] = [line for line in errors.splitlines() if line.startswith('{"ledger"') or '"ledger":{"backward"' in line]
        return json.loads(line)["ledger"]

    def passed(self, device):
        return self.ledger_of(device)["forward"]["passed"]

    @each_engine
    def test_push_to_pull_counts_messages(self, engine):
        pull = self.start("pull", "--bind", self.url(engine), "--count", str(MANY), "--ledger")
        _, _, errors = self.run_wye("push", "--connect", pull.bound(), "--batch", "--ledger", data=LINES)
        self.assertIn(f"sent {MANY} ", errors)
        status, output, errors = pull.finish()
        self.assertEqual((status, output), (0, LINES), errors)
        self.assertIn(f"received {MANY} ", errors)

    @each_engine
    def test_a_batch_of_the_endpoint(self, engine):
        pull = self.start("pull", "--bind", self.url(engine), "--count", str(MANY))
        self.ok("push", "--connect", pull.bound() + "?batch=16384,100us", data=LINES)
        self.assertEqual(self.finished(pull), LINES)

    def test_bad_values_are_usage_errors(self):
        for value in ("--batch=x", "--batch=64KiB,soon"):
            self.assertEqual(self.run_wye("push", "--connect", self.url(""), value, "hello")[0], 64)
        self.assertEqual(self.run_wye("push", "--connect", self.url("") + "?batch=x", "hello")[0], 64)

    @each_engine
    def test_streamer(self, engine):
        for more in ((), ("--batch",)):
            device, front, back = self.device("streamer", engine, *more)
            pull = self.start("pull", "--connect", back, "--count", str(MANY))
            self.ok("push", "--batch", "--connect", front, data=LINES)
            self.assertEqual(self.finished(pull), LINES)
            self.assertEqual(self.passed(device), MANY)

    def test_forwarder(self):
        roomy = ("--send-queue", "100000", "--receive-queue", "100000")  # it drops what a slow subscriber has no room for
        for more in ((), ("--batch",)):
            device, front, back = self.device("forwarder", "", *roomy, *more)
            sub = self.start("sub", "--connect", back, "--topic", "t", "--count", str(MANY), "--receive-queue", "100000")
            self.ok("pub", "--batch", "--connect", front, "--wait-peers", "1", data=TOPICAL)
            self.assertEqual(self.finished(sub), TOPICAL)
            self.assertEqual(self.passed(device), MANY)

    @each_engine
    def test_bridges(self, engine):
        other = "" if engine else "nng+"
        for more in ((), ("--batch",)):
            device, front, back = self.device("bridge", engine, "--pattern", "pushpull", *more, behind=other)
            pull = self.start("pull", "--connect", back, "--count", str(MANY))
            self.ok("push", "--batch", "--connect", front, data=LINES)
            self.assertEqual(self.finished(pull), LINES)
            self.assertEqual(self.passed(device), MANY)

    @each_engine
    def test_queue_and_bridge_of_requests(self, engine):
        for name, more in (("queue", ()), ("bridge", ("--pattern", "reqrep"))):
            device, front, back = self.device(name, engine, "--batch", *more)
            rep = self.start("rep", "--batch", "--connect", back, "--echo")
            lines = LINES[:LINES.index(b"300\n")]
            self.assertEqual(self.ok("req", "--batch", "--connect", front, "--timeout", "40s", data=lines), lines)
            rep.stop()
            self.ledger_of(device)

    @each_engine
    def test_dealers_through_a_router(self, engine):
        router = self.start("router", "--batch", "--bind", self.url(engine), "--echo")  # it prints, too: few fill no pipe
        self.assertEqual(self.ok("dealer", "--batch", "--connect", router.bound(), "--count", "2000", data=FEW), FEW)

    @each_engine
    def test_named_queue(self, engine):
        store = os.path.join(self.folder, "queue" + engine)
        device = self.start("queue", "--batch", "--bind", self.url(engine), "--store", store)
        url = device.bound()
        self.assertEqual(self.ok("put", "--batch", "--connect", url, "--queue", "q", data=FEW), b"2000\n")
        self.assertEqual(self.ok("get", "--batch", "--connect", url, "--queue", "q", "--count", "2000"), FEW)
        [stat] = [json.loads(line) for line in self.ok("queues", "stat", "q", "--connect", url, "--json").splitlines()]
        self.assertEqual((stat["ready"], stat["leased"]), (0, 0))

    @each_engine
    def test_log(self, engine):
        store = os.path.join(self.folder, "log" + engine)
        _, front, back = self.device("forwarder", engine, "--batch", "--store", store)
        self.assertEqual(self.ok("pub", "--batch", "--confirm", "--connect", front, "--topic", "t", data=FEW), b"2000\n")
        replay = self.ok("sub", "--connect", back, "--from", "first", "--count", "2000")
        self.assertEqual(replay, b"".join(b"t\t%d\n" % n for n in range(2000)))


if __name__ == "__main__":
    unittest.main()
