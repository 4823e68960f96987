#!/usr/bin/env python3
"""wye put, wye get and wye queues beside a device of named queues."""
import json
import os
import signal
import subprocess
import unittest

from command import CommandTest, each_engine
from observe import wait_until

CRC32C_OF_123456789 = 0xE3069283  # the check value of RFC 3720


class Queues(CommandTest):
    def device(self, engine, *more):
        """Starts a device; returns it and its endpoint."""
        device = self.start("queue", "--bind", self.url(engine), *more)
        return device, device.bound()

    def put(self, at, queue, *more, data=b""):
        return self.ok("put", "--connect", at, "--queue", queue, *more, data=data)

    def get(self, at, queue, *more):
        return self.ok("get", "--connect", at, "--queue", queue, *more)

    def stat(self, at, queue):
        return json.loads(self.ok("queues", "stat", queue, "--connect", at, "--json"))

    @each_engine
    def test_what_is_put_is_got_in_order(self, engine):
        _, at = self.device(engine)
        lines = b"".join(b"%d\n" % i for i in range(5000))
        self.assertEqual(self.put(at, "q", data=lines), b"5000\n")
        self.assertEqual(self.get(at, "q", "--count", "5000"), lines)
        counts = self.stat(at, "q")
        self.assertEqual((counts["put"], counts["acked"], counts["ready"], counts["leased"]), (5000, 5000, 0, 0))

    @each_engine
    def test_each_confirmation_is_a_line_at_once(self, engine):
        _, at = self.device(engine)
        putting = self.start("put", "--connect", at, "--queue", "q", "--json", "--dedup", "n{{count}}", stdin=subprocess.PIPE)
        last = 0
        for number, body in enumerate((b"123456789", b"", b"x"), 1):
            putting.write(body + b"\n")
            line = json.loads(putting.read_line())
            self.assertEqual(line["id"], f"n{number}")
            self.assertGreater(line["seq"], last)
            last = line["seq"]
            if body == b"123456789":
                self.assertEqual(line["body_crc32c"], CRC32C_OF_123456789)
        self.assertEqual(self.finished(putting), b"")

    def test_confirmations_come_in_the_order_of_the_input(self):
        _, at = self.device("")
        output = self.put(at, "q", "--json", "--window", "50", data=b"line\n" * 2000)
        lines = [json.loads(line) for line in output.splitlines()]
        sequences = [line["seq"] for line in lines]
        self.assertEqual((sequences, len(sequences)), (sorted(set(sequences)), 2000))
        self.assertEqual(len({json.dumps(line["id"]) for line in lines}), 2000)

    @each_engine
    def test_a_second_one_of_an_id_is_a_duplicate(self, engine):
        _, at = self.device(engine)
        for duplicate in (None, True):
            output = self.put(at, "q", "--json", "--dedup", "once", "body")
            self.assertEqual(json.loads(output).get("duplicate"), duplicate)
        self.assertEqual(self.stat(at, "q")["ready"], 1)

    def test_properties_arrive(self):
        _, at = self.device("")
        self.put(at, "q", "--priority", "7", "--group", "g", "--header", "a=1", "--header", "b=x=y", "--reply-to", "r",
                 "--correlation", "c", "--ttl", "1h", "--dedup", "d", "body")
        message = json.loads(self.get(at, "q", "--count", "1", "--json"))
        self.assertEqual(message["frames"], ["body"])
        self.assertEqual(message["headers"], {"a": "1", "b": "x=y"})
        self.assertEqual([message[k] for k in ("seq", "attempt", "id", "priority", "group", "reply_to", "correlation")],
                         [1, 1, "d", 7, "g", "r", "c"])
        self.assertAlmostEqual((message["expires_at"] - message["put_at"]) / 1e6, 3600, delta=1)

    @each_engine
    def test_what_was_not_printed_is_not_acknowledged(self, engine):
        _, at = self.device(engine)
        self.put(at, "q", "a", "b", "c")
        getting = self.start("get", "--connect", at, "--queue", "q")
        self.assertEqual(getting.read_line(), b"a\n")
        self.assertEqual(self.finished_by(getting, signal.SIGTERM), b"b\nc\n")
        self.assertEqual(self.stat(at, "q")["acked"], 3)

    def finished_by(self, process, how):
        process.popen.send_signal(how)
        return self.finished(process)

    @each_engine
    def test_a_killed_consumer_gives_back_what_it_had(self, engine):
        _, at = self.device(engine)
        self.put(at, "q", "job")
        status, output, errors = self.run_wye("get", "--connect", at, "--queue", "q", "--exec", "cat; kill -9 $PPID")
        self.assertEqual((status, output), (-9, b"job"), errors)
        message = json.loads(self.get(at, "q", "--count", "1", "--json"))
        self.assertEqual((message["frames"], message["attempt"]), (["job"], 2))

    @each_engine
    def test_a_command_that_fails_gives_the_message_back_until_it_is_dead(self, engine):
        _, at = self.device(engine)
        self.ok("queues", "declare", "q", "--connect", at, "--max-deliver", "2")
        self.put(at, "q", "good", "bad")
        status, output, errors = self.run_wye("get", "--connect", at, "--queue", "q", "--count", "3", "--exec", "tee /dev/stderr | grep good")
        self.assertEqual((status, output), (1, b"good\n"), errors)
        self.assertIn("2 of 3 commands failed", errors)
        # What the device confirmed is that it goes there; it arrives a moment later.
        wait_until(lambda: self.run_wye("queues", "peek", "q.dead", "--connect", at)[1], "the dead letter")
        dead = json.loads(self.ok("queues", "peek", "q.dead", "--connect", at, "--json"))
        self.assertEqual(dead["frames"], ["bad"])
        self.assertEqual((dead["origin"]["queue"], dead["origin"]["reason"]), ("q", "delivery_limit"))
        self.assertEqual(self.ok("queues", "redrive", "q.dead", "--connect", at), b"1\n")
        self.assertEqual(self.get(at, "q", "--count", "1"), b"bad\n")

    @each_engine
    def test_no_ack_takes_exactly_count(self, engine):
        _, at = self.device(engine)
        self.put(at, "q", data=b"a\nb\nc\n")
        self.assertEqual(self.get(at, "q", "--no-ack", "--count", "2"), b"a\nb\n")
        self.assertEqual(self.get(at, "q", "--count", "1"), b"c\n")

    @each_engine
    def test_count_fetches_no_more(self, engine):
        _, at = self.device(engine)
        self.put(at, "q", data=b"a\nb\nc\n")
        self.assertEqual(self.get(at, "q", "--count", "1"), b"a\n")
        self.assertEqual(self.stat(at, "q")["delivered"], 1)

    @each_engine
    def test_nothing_in_time(self, engine):
        _, at = self.device(engine)
        status, output, errors = self.run_wye("get", "--connect", at, "--queue", "q", "--timeout", "200ms", "--count", "2")
        self.assertEqual((status, output), (75, b""), errors)
        self.assertIn("0 of 2 came", errors)

    @each_engine
    def test_an_unknown_queue_is_not_found(self, engine):
        _, at = self.device(engine)
        for arguments in (["get", "--queue", "none", "--no-make"], ["put", "--queue", "none", "--no-make", "x"],
                          ["queues", "stat", "none"], ["queues", "purge", "none"]):
            status, _, errors = self.run_wye(*arguments, "--connect", at)
            self.assertNotEqual(status, 0, arguments)
            self.assertIn("none", errors, arguments)

    @each_engine
    def test_nobody_there_is_said(self, engine):
        at = self.url(engine)
        for arguments in (["put", "--queue", "q", "x"], ["get", "--queue", "q"], ["queues", "ls"]):
            status, output, errors = self.run_wye(*arguments, "--connect", at, "--timeout", "200ms")
            self.assertEqual(status, 69, errors)
            self.assertIn("wye queue --bind", errors)
            self.assertIn(output, (b"", b"0\n"))

    @each_engine
    def test_a_signal_ends_put_and_what_was_read_is_confirmed(self, engine):
        _, at = self.device(engine)
        putting = self.start("put", "--connect", at, "--queue", "q", stdin=subprocess.PIPE)
        putting.write(b"a\nb\n")
        while self.known(at, "q") < 2:
            pass
        putting.popen.send_signal(signal.SIGTERM)
        self.assertEqual(putting.popen.stdout.read(), b"2\n")
        self.assertEqual(putting.popen.wait(50), 0)

    def known(self, at, queue):
        """How many messages were ever put into a queue that may not exist yet."""
        status, output, _ = self.run_wye("queues", "stat", queue, "--connect", at, "--json")
        return json.loads(output)["put"] if status == 0 else 0

    def test_a_reader_that_goes_loses_nothing(self):
        _, at = self.device("")
        getting = self.start("get", "--connect", at, "--queue", "q")
        self.put(at, "q", "first")
        self.assertEqual(getting.read_line(), b"first\n")
        getting.popen.stdout.close()
        self.put(at, "q", "second")
        self.assertEqual(getting.popen.wait(50), 0)
        self.assertEqual(self.get(at, "q", "--count", "1"), b"second\n")
        with subprocess.Popen([os.environ.get("WYE", "wye"), "put", "--connect", at, "--queue", "r", "--json"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE) as putting:
            putting.stdout.close()
            putting.stdin.write(b"x\n" * 1000)
            putting.stdin.close()
            self.assertEqual(putting.wait(50), 0)
        self.assertEqual(self.stat(at, "r")["ready"], 1000)

    @each_engine
    def test_the_whole_life_of_a_queue(self, engine):
        _, at = self.device(engine)
        queues = lambda *arguments: self.ok("queues", *arguments, "--connect", at)
        new = ("queues", "declare", "orders", "--connect", at, "--json", "--max-messages", "2", "--lease", "10m")
        self.assertTrue(json.loads(self.ok(*new))["new"])
        self.assertFalse(json.loads(self.ok(*new))["new"])
        self.assertNotEqual(self.run_wye(*new, "--max-deliver", "9")[0], 0)
        self.assertEqual(self.stat(at, "orders")["settings"]["lease"], 600000)
        status, output, errors = self.run_wye("put", "--connect", at, "--queue", "orders", "a", "b", "c")
        self.assertEqual(output, b"2\n")
        self.assertNotEqual(status, 0)
        self.assertIn("message 3 was not stored", errors)
        queues("set", "orders", "--max-messages", "0")
        self.put(at, "orders", "c")
        self.assertRegex(queues("peek", "orders", "--count", "2"), rb"^\d+\tready\t\d\ta\n\d+\tready\t\d\tb\n$")
        self.assertIn(b"orders", queues("ls").splitlines()[1])
        self.assertEqual(queues("ls", "zzz", "--json"), b"")
        queues("pause", "orders")
        self.assertEqual(self.stat(at, "orders")["paused"], 1)
        self.assertEqual(self.run_wye("get", "--connect", at, "--queue", "orders", "--timeout", "200ms")[0], 75)
        queues("resume", "orders")
        self.assertEqual(self.get(at, "orders", "--count", "1"), b"a\n")
        self.assertNotEqual(self.run_wye("queues", "delete", "orders", "--if-empty", "--connect", at)[0], 0)
        self.assertEqual(queues("purge", "orders"), b"2\n")
        self.assertEqual(queues("delete", "orders", "--if-empty"), b"0\n")
        self.assertEqual(queues("ls", "--json"), b"")

    @each_engine
    def test_put_and_get_go_on_when_the_device_is_killed_and_begins_anew(self, engine):
        store = os.path.join(self.folder, engine + "store")
        device, at = self.device(engine, "--store", store)
        putting = self.start("put", "--connect", at, "--queue", "q", "--json", stdin=subprocess.PIPE)
        getting = self.start("get", "--connect", at, "--queue", "q", "--json")
        for round_ in range(3):
            for i in range(100):
                putting.write(b"%d\n" % (100 * round_ + i))
            json.loads(putting.read_line())
            device.end()
            device = self.start("queue", "--bind", at, "--store", store)
            device.bound()
            for _ in range(99):
                json.loads(putting.read_line())
        self.finished(putting)
        seen = set()
        while len(seen) < 300:
            seen.add(json.loads(getting.read_line())["frames"][0])
        self.assertEqual(seen, {str(i) for i in range(300)})
        getting.popen.send_signal(signal.SIGTERM)
        self.assertIn(getting.popen.wait(50), (0, 75))

    def test_usage_mistakes(self):
        for arguments in (["put", "--queue", "q"], ["put", "--connect", "tcp://h:1"], ["queues"], ["queues", "dance"],
                          ["queues", "stat", "--connect", "tcp://h:1"], ["queues", "ls", "a", "b", "--connect", "tcp://h:1"],
                          ["get", "--queue", "q", "--connect", "tcp://h:1", "--lease", "soon"],
                          ["put", "--queue", "q", "--connect", "tcp://h:1", "--header", "x", "y"]):
            self.assertEqual(self.run_wye(*arguments)[0], 64, arguments)
        self.assertEqual(self.run_wye("put", "--queue", "a\x01", "--connect", "tcp://h:1", "x")[0], 78)


if __name__ == "__main__":
    unittest.main()
