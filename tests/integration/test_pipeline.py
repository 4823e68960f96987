#!/usr/bin/env python3
"""wye push and wye pull."""
import resource
import subprocess
import unittest

from command import CommandTest, each_engine


class Pipeline(CommandTest):
    def deliver(self, engine, push, pull, data=b"", status=0):
        """What a pull prints of what a push sends."""
        puller = self.start("pull", "--bind", self.url(engine), *pull)
        self.ok("push", "--connect", puller.bound(), *push, data=data)
        return self.finished(puller, status)

    @each_engine
    def test_arguments_and_lines_arrive(self, engine):
        self.assertEqual(self.deliver(engine, ["a", "b c", "[1,2]", "pub"], ["--count", "4"]), b"a\nb c\n[1,2]\npub\n")
        self.assertEqual(self.deliver(engine, [], ["--count", "3"], b"one\n\nlast without newline"),
                         b"one\n\nlast without newline\n")
        self.assertEqual(self.deliver(engine, ["--", "-x", "http://y"], ["--count", "2"]), b"-x\nhttp://y\n")

    def test_a_push_may_have_more_connections_than_the_usual_limit_of_descriptors(self):
        pullers, connections = 10, 30
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        running = [self.start("pull", "--bind", "tcp://127.0.0.1:0", "--count", str(connections)) for _ in range(pullers)]
        at = [p.bound() for p in running]
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        self.ok("push", *("--connect " + " --connect ".join(at * connections)).split(), "--wait-peers", str(pullers * connections),
                data=b"x\n" * pullers * connections)
        for p in running:
            self.assertEqual(self.finished(p), b"x\n" * connections)

    @each_engine
    def test_any_bytes_pass_but_the_newline(self, engine):
        line = bytes(b for b in range(256) if b != 10)
        self.assertEqual(self.deliver(engine, [], ["--count", "1", "--format", "raw"], line + b"\n"), line)

    @each_engine
    def test_many_lines_keep_their_order(self, engine):
        lines = b"".join(b"%d\n" % i for i in range(10000))
        self.assertEqual(self.deliver(engine, [], ["--count", "10000"], lines), lines)

    @each_engine
    def test_tcp_port_zero_is_reported(self, engine):
        puller = self.start("pull", "--bind", engine + "tcp://127.0.0.1:0", "--count", "1")
        url = puller.bound()
        self.assertRegex(url, r"tcp://127\.0\.0\.1:[1-9]\d*$")
        self.ok("push", "--connect", url, "x")
        self.assertEqual(self.finished(puller), b"x\n")

    @each_engine
    def test_many_endpoints(self, engine):
        puller = self.start("pull", "--bind", self.url(engine), self.url(engine), "--bind", self.url(engine), "--count", "3")
        for _ in range(3):
            self.ok("push", "--connect", puller.bound(), "x")
        self.assertEqual(self.finished(puller), b"x\nx\nx\n")

    @each_engine
    def test_one_push_serves_two_pullers(self, engine):
        pusher = self.start("push", "--bind", self.url(engine), "--wait-peers", "2", "--count", "50", "job {{count}}")
        url = pusher.bound()
        pullers = [self.start("pull", "--connect", url) for _ in range(2)]
        self.finished(pusher)
        lines = [line for p in pullers for line in p.stop()[1].splitlines()]
        self.assertEqual(sorted(lines), sorted(b"job %d" % i for i in range(1, 51)))

    @each_engine
    def test_rate_and_template(self, engine):
        self.assertEqual(self.deliver(engine, ["--rate", "1k", "--count", "3", "n{{count}}"], ["--count", "3"]),
                         b"n1\nn2\nn3\n")

    def test_formats(self):
        body = 'a"\t\x01é'.encode()
        cases = {"text": body + b"\n", "raw": body, "quoted": rb'"a\"\t\001\303\251"' + b"\n",
                 "hex": body.hex().encode() + b"\n", "json": '{"frames":["a\\"\\t\\u0001é"]}\n'.encode()}
        for name, expected in cases.items():
            self.assertEqual(self.deliver("", [body], ["--count", "1", "--format", name]), expected, name)
        self.assertEqual(self.deliver("", [], ["--count", "1", "--json"], b"\xff\n"), b'{"frames":[{"hex":"ff"}]}\n')

    def test_msgpack_is_decoded(self):
        packed = bytes.fromhex("83a16101a16293c3c0cb3ff8000000000000a163c40200ff")
        self.assertEqual(self.deliver("", [], ["--count", "1", "--format", "msgpack"], packed),
                         b'{"a":1,"b":[true,null,1.5],"c":{"hex":"00ff"}}\n')
        deep = b"\x91" * 100000
        self.assertIn(b"malformed", self.deliver("", [], ["--count", "1", "--format", "msgpack"], deep))

    @each_engine
    def test_exec_gets_the_body_and_failures_count(self, engine):
        self.assertEqual(self.deliver(engine, ["b", "a"], ["--count", "2", "--exec", "tr a-z A-Z; echo"]), b"B\nA\n")
        puller = self.start("pull", "--bind", self.url(engine), "--count", "2", "--exec", "grep -q good")
        self.ok("push", "--connect", puller.bound(), "good", "bad")
        status, _, errors = puller.finish()
        self.assertEqual(status, 1)
        self.assertIn("1 of 2 commands failed", errors)

    @each_engine
    def test_output_is_seen_at_once(self, engine):
        puller = self.start("pull", "--bind", self.url(engine))
        pusher = self.start("push", "--connect", puller.bound(), stdin=subprocess.PIPE)
        for line in (b"one\n", b"two\n"):
            pusher.write(line)
            self.assertEqual(puller.read_line(), line)
        self.finished(pusher)
        self.assertEqual(puller.stop()[0], 0)

    @each_engine
    def test_timeout_of_pull_says_how_many_came(self, engine):
        status, _, errors = self.run_wye("pull", "--bind", self.url(engine), "--count", "2", "--timeout", "50ms")
        self.assertEqual(status, 75)
        self.assertIn("0 of 2 came", errors)

    @each_engine
    def test_push_without_a_peer_says_what_was_not_sent(self, engine):
        status, _, errors = self.run_wye("push", "--connect", self.url(engine), "--timeout", "300ms", "a", "b", "c")
        self.assertEqual(status, 75)
        self.assertIn("0 messages were sent, at least 3 were not", errors)
        self.assertIn(self.folder, errors)

    @each_engine
    def test_a_reader_that_goes_ends_it_quietly(self, engine):
        puller = self.start("pull", "--bind", self.url(engine))
        url = puller.bound()
        puller.popen.stdout.close()
        self.ok("push", "--connect", url, "x")
        self.assertEqual(puller.popen.wait(50), 0)

    @each_engine
    def test_signal_ends_push_and_what_was_not_sent_is_said(self, engine):
        pusher = self.start("push", "--connect", self.url(engine), "a", "b")
        pusher.wait_for("wye push: warning: ")
        status, _, errors = pusher.stop()
        self.assertEqual(status, 75)
        self.assertIn("stopped: 0 messages were sent, at least 2 were not", errors)

    def test_ledger_and_json(self):
        import json
        puller = self.start("pull", "--bind", self.url(""), "--count", "2", "--ledger")
        output = self.ok("push", "--connect", puller.bound(), "--json", "a", "bc")
        self.assertEqual(json.loads(output)["sent"], 2)
        self.assertEqual(json.loads(output)["sent_bytes"], 3)
        status, _, errors = puller.finish()
        self.assertEqual(status, 0)
        self.assertIn("ledger: sent 0 received 2", errors)

    def test_unwanted_messages_beyond_count_are_named(self):
        puller = self.start("pull", "--bind", self.url(""), "--count", "1", "--exec", "cat > /dev/null")
        url = puller.bound()
        self.ok("push", "--connect", url, "--count", "500", "x")
        status, _, errors = puller.finish()
        self.assertEqual(status, 0)
        self.assertIn("beyond --count", errors)


if __name__ == "__main__":
    unittest.main()
