#!/usr/bin/env python3
"""A bridge joins pyzmq with nngcat and nanocat."""
import unittest

import zmq

from strangers import InteropTest, each_cat, repeat_until_readable

PAIR = {"nngcat": "pair0", "nanocat": "pair"}


class Bridge(InteropTest):
    def bridge(self, pattern, front_engine, back_engine):
        """Returns its front and back."""
        front, back = self.url(front_engine), self.url(back_engine)
        self.start_device("bridge", "--pattern", pattern, "--frontend", front, "--backend", back)
        return front, back

    @each_cat
    def test_zmq_publishes(self, cat):
        front, back = self.bridge("pubsub", "", "nng+")
        sub = self.cat(cat, "sub", "--connect", back, "--subscribe", "news", "--quoted")
        pub = self.zmq_socket(zmq.PUB, connect=front)
        repeat_until_readable(lambda: [pub.send(body) for body in (b"sport one", b"news two")], sub.stdout)
        self.assertEqual(self.line_of(sub), b"news two")

    @each_cat
    def test_cat_publishes(self, cat):
        front, back = self.bridge("pubsub", "nng+", "")
        sub = self.zmq_socket(zmq.SUB, connect=back, subscribe=b"news")
        for data in ("sport one", "news two"):
            self.cat(cat, "pub", "--connect", front, "--data", data, "--interval", "1")
        self.assertEqual([sub.recv_multipart() for _ in range(2)], 2 * [[b"news two"]])

    @each_cat
    def test_zmq_pushes(self, cat):
        front, back = self.bridge("pushpull", "", "nng+")
        pull = self.cat(cat, "pull", "--connect", back, "--quoted")
        push = self.zmq_socket(zmq.PUSH, connect=front)
        for body in (b"one", b"two"):
            push.send(body)
        self.assertEqual([self.line_of(pull), self.line_of(pull)], [b"one", b"two"])

    @each_cat
    def test_cat_pushes(self, cat):
        front, back = self.bridge("pushpull", "nng+", "")
        pull = self.zmq_socket(zmq.PULL, connect=back)
        self.cat(cat, "push", "--connect", front, "--data", "job", "--interval", "1")
        self.assertEqual(pull.recv_multipart(), [b"job"])

    @each_cat
    def test_zmq_asks(self, cat):
        front, back = self.bridge("reqrep", "", "nng+")
        rep = self.cat(cat, "rep", "--connect", back, "--data", "pong", "--quoted")
        req = self.zmq_socket(zmq.REQ, connect=front)
        for body in (b"ping", b"pang"):
            req.send(body)
            self.assertEqual(req.recv_multipart(), [b"pong"])
            self.assertEqual(self.line_of(rep), body)

    @each_cat
    def test_cat_asks(self, cat):
        front, back = self.bridge("reqrep", "nng+", "")
        rep = self.zmq_socket(zmq.REP, connect=back)
        req = self.cat(cat, "req", "--connect", front, "--data", "ping", "--quoted")
        self.assertEqual(rep.recv_multipart(), [b"ping"])
        rep.send(b"pong")
        self.assertEqual(self.line_of(req), b"pong")

    def test_zmq_dealer_asks_through_the_bridge(self):
        front, back = self.bridge("routerdealer", "", "nng+")
        self.cat("nngcat", "rep", "--connect", back, "--data", "pong", "--quoted")
        dealer = self.zmq_socket(zmq.DEALER, connect=front)
        dealer.send_multipart([b"", b"ping"])
        self.assertEqual(dealer.recv_multipart(), [b"", b"pong"])

    @each_cat
    def test_pair(self, cat):
        for engines in (("", "nng+"), ("nng+", "")):
            with self.subTest(engines=engines):
                sides = dict(zip(engines, self.bridge("pair", *engines)))
                theirs = self.cat(cat, PAIR[cat], "--connect", sides["nng+"], "--data", "ping", "--quoted")
                ours = self.zmq_socket(zmq.PAIR, connect=sides[""])
                self.assertEqual(ours.recv(), b"ping")
                ours.send(b"pong")
                self.assertEqual(self.line_of(theirs), b"pong")


if __name__ == "__main__":
    unittest.main()
