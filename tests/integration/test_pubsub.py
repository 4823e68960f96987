#!/usr/bin/env python3
"""wye pub and wye sub."""
import subprocess
import unittest

from command import CommandTest, each_engine


class PubSub(CommandTest):
    def publish(self, engine, pub, sub, data=b""):
        publisher = self.start("pub", "--bind", self.url(engine), "--wait-peers", "1", *pub, stdin=subprocess.PIPE)
        subscriber = self.start("sub", "--connect", publisher.bound(), *sub)
        publisher.write(data)
        self.finished(publisher)
        return self.finished(subscriber)

    @each_engine
    def test_topic_and_bodies(self, engine):
        self.assertEqual(self.publish(engine, ["--topic", "t", "a", "b"], ["--count", "2"]), b"t\ta\nt\tb\n")

    @each_engine
    def test_lines_with_their_topics(self, engine):
        lines = b"fx.eur\t1.08\nnews\thello\nfx.usd\ta\tb\n"
        self.assertEqual(self.publish(engine, [], ["--topic", "fx.", "--count", "2"], lines), b"fx.eur\t1.08\nfx.usd\ta\tb\n")

    @each_engine
    def test_lines_under_one_topic(self, engine):
        self.assertEqual(self.publish(engine, ["--topic", "t"], ["--count", "1"], b"no\ttab matters\n"), b"t\tno\ttab matters\n")

    @each_engine
    def test_json_and_raw(self, engine):
        self.assertEqual(self.publish(engine, ["--topic", "t", "a"], ["--count", "1", "--json"]),
                         b'{"topic":"t","frames":["a"]}\n')
        self.assertEqual(self.publish(engine, ["--topic", "t", "a"], ["--count", "1", "--format", "raw"]), b"a")

    @each_engine
    def test_exec_knows_the_topic(self, engine):
        self.assertEqual(self.publish(engine, ["--topic", "t", "a"], ["--count", "1", "--exec", 'echo "$WYE_TOPIC=$(cat)"']),
                         b"t=a\n")

    @each_engine
    def test_a_line_without_tab_is_named(self, engine):
        status, _, errors = self.run_wye("pub", "--bind", self.url(engine), data=b"a\tb\nwrong\n")
        self.assertEqual(status, 65)
        self.assertIn("line 2", errors)

    def test_blocking_loses_nothing(self):
        lines = b"".join(b"t\t%d\n" % i for i in range(20000))
        publisher = self.start("pub", "--bind", self.url(""), "--wait-peers", "1", "--topic", "t", stdin=subprocess.PIPE)
        subscriber = self.start("sub", "--connect", publisher.bound(), "--count", "20000")
        publisher.write(lines.replace(b"t\t", b""))
        publisher.popen.stdin.close()
        self.assertEqual(self.finished(subscriber), lines)
        publisher.popen.stdin = None
        self.finished(publisher)


if __name__ == "__main__":
    unittest.main()
