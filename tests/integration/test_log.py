#!/usr/bin/env python3
"""wye forwarder --store, pub --confirm, sub --from, topics: as processes that are killed and begin anew."""
import json
import os
import signal
import subprocess
import unittest

from command import CommandTest, PATIENCE, each_engine, main


class Log(CommandTest):
    def device(self, engine, *more, at=None):
        """A forwarder with a log in a store of its own, or again where one was: (process, frontend, backend, store)."""
        front, back, store = at or (self.url(engine), self.url(engine), os.path.join(self.folder, f"store{self._names}"))
        process = self.start("forwarder", "--frontend", front, "--backend", back, "--store", store, *more)
        for _ in range(4):
            process.bound()
        return process, (front, back, store)

    def lines(self, first, last):
        return b"".join(b"%d\n" % i for i in range(first, last + 1))

    def topics(self, *arguments):
        return [json.loads(line) for line in self.ok("topics", *arguments, "--json").splitlines()]

    @each_engine
    def test_what_is_confirmed_is_replayed_after_a_kill(self, engine):
        device, at = self.device(engine)
        front, back, _ = at
        self.assertEqual(self.ok("pub", "--confirm", "--connect", front, "--topic", "t", data=self.lines(1, 500)), b"500\n")
        device.popen.kill()
        device.popen.wait(PATIENCE)
        self.device(engine, at=at)
        self.assertEqual(self.ok("pub", "--confirm", "--connect", back, "--topic", "t", data=self.lines(501, 600)), b"100\n")
        replay = self.ok("sub", "--connect", back, "--from", "first", "--count", "600", "--format", "raw")
        self.assertEqual(replay, b"".join(b"%d" % i for i in range(1, 601)))

    @each_engine
    def test_a_publisher_goes_on_when_the_device_comes_back(self, engine):
        device, at = self.device(engine)
        publisher = self.start("pub", "--confirm", "--json", "--connect", at[0], "--topic", "t", stdin=subprocess.PIPE)
        publisher.write(b"1\n")
        self.assertEqual(json.loads(publisher.popen.stdout.readline())["seq"], 1)
        device.popen.kill()
        device.popen.wait(PATIENCE)
        publisher.write(b"2\n3\n")
        self.device(engine, at=at)
        output = self.finished(publisher)
        self.assertEqual([json.loads(line)["seq"] for line in output.splitlines()], [2, 3])
        self.assertEqual(self.ok("sub", "--connect", at[1], "--from", "first", "--count", "3"), b"t\t1\nt\t2\nt\t3\n")

    @each_engine
    def test_a_durable_subscriber_goes_on_where_it_was(self, engine):
        device, at = self.device(engine)
        self.ok("pub", "--confirm", "--connect", at[0], "--topic", "t", data=self.lines(1, 10))
        durable = ("sub", "--connect", at[1], "--from", "first", "--durable", "me", "--count", "4")
        self.assertEqual(self.ok(*durable), b"t\t1\nt\t2\nt\t3\nt\t4\n")
        device.popen.kill()
        device.popen.wait(PATIENCE)
        self.device(engine, at=at)
        self.assertEqual(self.ok(*durable), b"t\t5\nt\t6\nt\t7\nt\t8\n")

    def test_a_command_that_fails_leaves_the_message_for_the_next(self):
        _, at = self.device("")
        self.ok("pub", "--confirm", "--connect", at[0], "--topic", "t", data=b"good\nbad\nlast\n")
        durable = ("sub", "--connect", at[1], "--from", "first", "--durable", "me")
        status, _, errors = self.run_wye(*durable, "--exec", "grep -v bad")
        self.assertEqual(status, 1, errors)
        self.assertEqual(self.ok(*durable, "--count", "2"), b"t\tbad\nt\tlast\n")

    @each_engine
    def test_a_subscriber_hears_the_past_and_the_present(self, engine):
        _, at = self.device(engine)
        self.ok("pub", "--confirm", "--connect", at[0], "--topic", "t", data=self.lines(1, 100))
        live = self.start("sub", "--connect", at[1], "--from", "seq:51", "--count", "150", "--format", "raw")
        self.ok("pub", "--confirm", "--connect", at[0], "--topic", "t", data=self.lines(101, 200))
        self.assertEqual(self.finished(live), b"".join(b"%d" % i for i in range(51, 201)))

    @each_engine
    def test_plain_publishers_are_logged_and_plain_subscribers_served(self, engine):
        _, at = self.device(engine)
        live = self.start("sub", "--connect", at[1], "--topic", "fx", "--count", "1")
        publisher = self.start("pub", "--connect", at[0], "--topic", "fx", stdin=subprocess.PIPE)
        while live.popen.poll() is None:
            publisher.write(b"value\n")
            try:
                live.popen.wait(0.05)
            except subprocess.TimeoutExpired:
                pass
        self.assertEqual(self.finished(live), b"fx\tvalue\n")
        publisher.finish()
        self.assertEqual(self.ok("sub", "--connect", at[1], "--from", "first", "--count", "1"), b"fx\tvalue\n")

    @each_engine
    def test_last_values_reach_plain_subscribers_also_after_a_kill(self, engine):
        device, at = self.device(engine, "--last-value")
        self.ok("pub", "--confirm", "--connect", at[0], data=b"fx.eur\t1\nfx.usd\t2\nfx.chf\t3\nfx.eur\t4\nfx.chf\t\n")
        plain = ("sub", "--connect", at[1], "--topic", "fx.", "--count", "2")
        for _ in range(2):
            self.assertEqual(sorted(self.ok(*plain).splitlines()), [b"fx.eur\t4", b"fx.usd\t2"])
            device.popen.kill()
            device.popen.wait(PATIENCE)
            device, _ = self.device(engine, "--last-value", at=at)

    def test_who_acknowledges_goes_on_when_the_disk_is_full(self):
        disk = os.path.join(self.folder, "disk")
        os.mkdir(disk)
        if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32m", "none", disk],
                                               stderr=subprocess.DEVNULL, check=False).returncode != 0:
            self.skipTest("only root may mount a small disk")
        self.addCleanup(subprocess.run, ["umount", "--lazy", disk], check=True)
        _, at = self.device("", at=(self.url(""), self.url(""), os.path.join(disk, "store")))
        lines = b"".join(b"%d %s\n" % (i, b"x" * 10000) for i in range(3000))
        status, output, errors = self.run_wye("pub", "--confirm", "--connect", at[0], "--topic", "t", "--json", data=lines)
        self.assertEqual(status, 75, errors)
        self.assertIn("full", errors)
        kept = sum(b'"seq"' in line for line in output.splitlines())
        durable = ("--durable", "me", "--format", "raw")
        self.ok("topics", "seek", "--durable", "me", "--to", "first", "--connect", at[0])
        for _ in range(20):
            heard = self.ok("sub", "--connect", at[1], *durable, "--count", str(kept // 20))
            self.assertTrue(heard)
        status = self.topics("stat", "--connect", at[0])[0]["cursors"][0]
        self.assertEqual(status["lag"], kept - kept // 20 * 20)
        self.ok("topics", "trim", "--before", f"seq:{kept}", "--connect", at[0])
        while self.run_wye("pub", "--confirm", "--connect", at[0], "--topic", "t", "again")[0] != 0:
            pass

    def test_a_group_shares_the_work(self):
        _, at = self.device("")
        self.ok("topics", "declare", "jobs", "--match", "job.#", "--partitions", "8", "--connect", at[0])
        members = [self.start("sub", "--connect", at[1], "--stream", "jobs", "--from", "first", "--group", "g") for _ in range(2)]
        while self.topics("stat", "jobs", "--connect", at[0])[0]["cursors"] == [] or \
                self.topics("stat", "jobs", "--connect", at[0])[0]["cursors"][0]["members"] < 2:
            pass
        lines = b"".join(b"job.%d\t%d\n" % (i, i) for i in range(200))
        self.assertEqual(self.ok("pub", "--confirm", "--connect", at[0], data=lines), b"200\n")
        while self.topics("stat", "jobs", "--connect", at[0])[0]["cursors"][0]["lag"] > 0:
            pass
        heard = [member.stop()[1].splitlines(keepends=True) for member in members]
        self.assertTrue(heard[0] and heard[1])
        self.assertEqual(sorted(heard[0] + heard[1]), sorted(lines.splitlines(keepends=True)))

    def test_topics_are_looked_after(self):
        _, at = self.device("")
        url = ("--connect", at[0])
        self.assertEqual(self.ok("topics", "declare", "fx", "--match", "fx.#", "--keep-last", "1", *url), b"declared\n")
        self.assertEqual(self.ok("topics", "declare", "fx", "--match", "fx.#", "--keep-last", "1", *url), b"there already\n")
        self.ok("pub", "--confirm", *url, data=b"fx.eur\t1\nfx.eur\t2\nfx.usd\t3\nnews\tx\n")
        self.assertEqual([s["stream"] for s in self.topics("ls", *url)], ["default", "fx"])
        self.assertEqual(self.ok("sub", *url, "--stream", "fx", "--from", "topics", "--count", "2"), b"fx.eur\t2\nfx.usd\t3\n")
        self.assertEqual(self.ok("topics", "tail", "fx", "--count", "1", *url), b"fx.usd\t3\n")
        self.assertEqual(self.topics("tail", *url)[0]["frames"], ["x"])
        self.ok("topics", "set", "fx", "--max-messages", "7", *url)
        self.assertEqual(self.topics("stat", "fx", *url)[0]["settings"]["max_messages"], 7)
        self.ok("topics", "seek", "--durable", "me", "--to", "first", *url)
        self.assertEqual(self.topics("stat", *url)[0]["cursors"][0]["lag"], 1)
        self.ok("topics", "forget", "--durable", "me", *url)
        self.assertEqual(self.ok("topics", "trim", "--before", "seq:9", *url), b"1\n")
        self.ok("topics", "delete", "fx", *url)
        status, _, errors = self.run_wye("topics", "stat", "fx", *url)
        self.assertEqual(status, 69)
        self.assertIn("no stream 'fx'", errors)

    def test_who_fell_behind_is_told(self):
        _, at = self.device("")
        url = ("--connect", at[0])
        self.ok("topics", "set", "--max-messages", "2", *url)
        self.ok("pub", "--confirm", *url, "--topic", "t", data=self.lines(1, 5))
        status, output, errors = self.run_wye("sub", *url, "--from", "seq:1", "--count", "2")
        self.assertEqual((status, output), (0, b"t\t4\nt\t5\n"))
        self.assertIn("from sequence 1 to 3 will not come (retention)", errors)

    def test_two_devices_never_share_a_store(self):
        _, at = self.device("")
        status, _, errors = self.run_wye("forwarder", "--frontend", self.url(""), "--backend", self.url(""), "--store", at[2])
        self.assertEqual(status, 69)
        self.assertIn(at[2], errors)

    def test_nobody_there(self):
        status, _, errors = self.run_wye("pub", "--confirm", "--connect", self.url(""), "--timeout", "100ms", "--topic", "t", "x")
        self.assertIn(status, (69, 75))
        self.assertIn("forwarder with a log", errors)
        status, _, errors = self.run_wye("topics", "ls", "--connect", self.url(""), "--timeout", "100ms")
        self.assertEqual(status, 75)
        self.assertIn("forwarder with a log", errors)

    def test_sigterm_keeps_what_it_took(self):
        device, at = self.device("", "--sync", "interval")
        self.ok("pub", "--confirm", "--connect", at[0], "--topic", "t", data=self.lines(1, 100))
        status, _, errors = device.stop(signal.SIGTERM)
        self.assertEqual(status, 0, errors)
        self.device("", at=at)
        self.assertEqual(self.topics("ls", "--connect", at[0])[0]["partitions"][0]["messages"], 100)


if __name__ == "__main__":
    main()
