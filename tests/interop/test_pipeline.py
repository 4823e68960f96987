#!/usr/bin/env python3
"""Push and pull with plain peers, either side of either kind listening."""
import subprocess
import unittest

import zmq

from strangers import InteropTest, each_cat

BODIES = [b"one", b"two", b"three"]
LINES = b"one\ntwo\nthree\n"


class Pipeline(InteropTest):
    def pulled(self, push, pull):
        for body in BODIES:
            push.send(body)
        self.assertEqual(self.finished(pull), LINES)

    def test_zmq_push_connects(self):
        for url in (self.url(""), "tcp://127.0.0.1:0"):
            pull = self.start("pull", "--bind", url, "--count", "3")
            self.pulled(self.zmq_socket(zmq.PUSH, connect=pull.bound()), pull)

    def test_zmq_push_listens(self):
        url = self.url("")
        push = self.zmq_socket(zmq.PUSH, bind=url)
        self.pulled(push, self.start("pull", "--connect", url, "--count", "3"))

    def test_zmq_pull_connects(self):
        for url in (self.url(""), "tcp://127.0.0.1:0"):
            push = self.start("push", "--bind", url, "one", "two", "three")
            pull = self.zmq_socket(zmq.PULL, connect=push.bound())
            self.assertEqual([pull.recv() for _ in BODIES], BODIES)
            self.finished(push)

    def test_zmq_pull_listens(self):
        url = self.url("")
        pull = self.zmq_socket(zmq.PULL, bind=url)
        self.ok("push", "--connect", url, "one", "two", "three")
        self.assertEqual([pull.recv() for _ in BODIES], BODIES)

    @each_cat
    def test_cat_pushes(self, cat):
        for url in (self.url("nng+"), "nng+tcp://127.0.0.1:0"):
            pull = self.start("pull", "--bind", url, "--count", "2")
            self.cat(cat, "push", "--connect", pull.bound(), "--data", "hello", "--interval", "1")
            self.assertEqual(self.finished(pull), b"hello\nhello\n")

    @each_cat
    def test_cat_pushes_listening(self, cat):
        url = self.url("nng+")
        self.cat(cat, "push", "--bind", url, "--data", "hello", "--interval", "1")
        self.assertEqual(self.ok("pull", "--connect", url, "--count", "1"), b"hello\n")

    def pulled_by(self, cat, push):
        """The pusher stays until all is read: nanocat may lose what it has not read yet of one that leaves."""
        push.write(LINES)
        self.assertEqual([self.line_of(cat) for _ in BODIES], BODIES)
        self.finished(push)

    @each_cat
    def test_cat_pulls(self, cat):
        for url in (self.url("nng+"), "nng+tcp://127.0.0.1:0"):
            push = self.start("push", "--bind", url, stdin=subprocess.PIPE)
            self.pulled_by(self.cat(cat, "pull", "--connect", push.bound(), "--quoted"), push)

    @each_cat
    def test_cat_pulls_listening(self, cat):
        url = self.url("nng+")
        pull = self.cat(cat, "pull", "--bind", url, "--quoted")
        self.pulled_by(pull, self.start("push", "--connect", url, stdin=subprocess.PIPE))

    def test_nngcat_gets_all_of_a_pusher_that_ends_at_once(self):
        url = self.url("nng+")
        pull = self.cat("nngcat", "pull", "--bind", url, "--quoted")
        self.ok("push", "--connect", url, "one", "two", "three")
        self.assertEqual([self.line_of(pull) for _ in BODIES], BODIES)


if __name__ == "__main__":
    unittest.main()
