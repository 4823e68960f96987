#!/usr/bin/env python3
"""Publish and subscribe with plain peers, and what the topic filters let through."""
import subprocess
import unittest

import zmq

from batches import MARKER
from strangers import InteropTest, each_cat, repeat_until_readable

STREAM = b"news\tone\nsport\ttwo\nnews flash\tthree\n"


class PubSub(InteropTest):
    def test_zmq_sub_gets_its_topics(self):
        pub = self.start("pub", "--bind", self.url(""), "--wait-peers", "1", stdin=subprocess.PIPE)
        sub = self.zmq_socket(zmq.SUB, connect=pub.bound(), subscribe=b"news")
        pub.write(STREAM)
        self.assertEqual([sub.recv_multipart() for _ in range(2)], [[b"news", b"one"], [b"news flash", b"three"]])
        self.finished(pub)

    def test_zmq_sub_listens(self):
        url = self.url("")
        sub = self.zmq_socket(zmq.SUB, bind=url, subscribe=b"")
        pub = self.start("pub", "--connect", url, "--wait-peers", "1", "--topic", "news", "one")
        self.assertEqual(sub.recv_multipart(), [b"news", b"one"])  # it subscribes at the peer while it waits here
        self.finished(pub)

    def test_zmq_publisher_is_told_the_topics_and_later_that_they_are_not_wanted(self):
        url = self.url("")
        pub = self.zmq_socket(zmq.XPUB, bind=url)
        sub = self.start("sub", "--connect", url, "--topic", "news", "--count", "2")
        self.assertEqual([pub.recv() for _ in range(2)], [b"\1news", b"\1" + MARKER + b"news"])  # and that batches are read
        for line in STREAM.splitlines():
            pub.send_multipart(line.split(b"\t"))
        self.assertEqual(self.finished(sub), b"news\tone\nnews flash\tthree\n")
        self.assertEqual({pub.recv() for _ in range(2)}, {b"\0news", b"\0" + MARKER + b"news"})

    def test_zmq_pub(self):
        sub = self.start("sub", "--bind", self.url(""), "--topic", "news", "--count", "1")
        pub = self.zmq_socket(zmq.PUB, connect=sub.bound())
        repeat_until_readable(lambda: [pub.send_multipart([topic, b"body"]) for topic in (b"sport", b"news")],
                              sub.popen.stdout)
        self.assertEqual(self.finished(sub), b"news\tbody\n")

    @each_cat
    def test_cat_subscribes_by_prefix(self, cat):
        pub = self.start("pub", "--bind", self.url("nng+"), "--wait-peers", "1", stdin=subprocess.PIPE)
        sub = self.cat(cat, "sub", "--connect", pub.bound(), "--subscribe", "news", "--quoted")
        pub.write(STREAM)
        for start in (b"newsone", b"news flashthree"):
            self.assertTrue(self.line_of(sub).startswith(start))
        self.finished(pub)

    @each_cat
    def test_cat_publishes(self, cat):
        sub = self.start("sub", "--bind", self.url("nng+"), "--topic", "news", "--count", "2")
        url = sub.bound()
        for data in ("sport two", "news one"):
            self.cat(cat, "pub", "--connect", url, "--data", data, "--interval", "1")
        self.assertEqual(self.finished(sub), b"\tnews one\n\tnews one\n")


if __name__ == "__main__":
    unittest.main()
