#!/usr/bin/env python3
"""Pair with plain peers."""
import subprocess
import unittest

import zmq

from strangers import InteropTest, each_cat

PAIR = {"nngcat": "pair0", "nanocat": "pair"}


class Pair(InteropTest):
    def exchange(self, theirs, ours):
        self.assertEqual(theirs.recv(), b"ping")
        theirs.send(b"pong")
        self.assertEqual(self.finished(ours), b"pong\n")

    def test_zmq_pair_connects(self):
        ours = self.start("pair", "--bind", self.url(""), "--count", "1", "ping")
        self.exchange(self.zmq_socket(zmq.PAIR, connect=ours.bound()), ours)

    def test_zmq_pair_listens(self):
        url = self.url("")
        theirs = self.zmq_socket(zmq.PAIR, bind=url)
        self.exchange(theirs, self.start("pair", "--connect", url, "--count", "1", "ping"))

    def exchange_with_cat(self, theirs, ours):
        """Ours stays until all is read: nanocat may lose what it has not read yet of one that leaves."""
        ours.write(b"ping\n")
        self.assertEqual(self.line_of(theirs), b"ping")
        self.assertEqual(self.finished(ours), b"pong\n")

    @each_cat
    def test_cat_connects(self, cat):
        ours = self.start("pair", "--bind", self.url("nng+"), "--count", "1", stdin=subprocess.PIPE)
        self.exchange_with_cat(self.cat(cat, PAIR[cat], "--connect", ours.bound(), "--data", "pong", "--quoted"), ours)

    @each_cat
    def test_cat_listens(self, cat):
        url = self.url("nng+")
        theirs = self.cat(cat, PAIR[cat], "--bind", url, "--data", "pong", "--quoted")
        self.exchange_with_cat(theirs, self.start("pair", "--connect", url, "--count", "1", stdin=subprocess.PIPE))


if __name__ == "__main__":
    unittest.main()
