#!/usr/bin/env python3
"""Routers and dealers with plain peers."""
import subprocess
import unittest

import zmq

from strangers import InteropTest, each_cat


class RouterDealer(InteropTest):
    def talk_to_anna(self, router, dealer):
        dealer.send(b"hello")
        self.assertEqual(router.read_line(), b"anna\thello\n")
        router.write(b"anna\tback\n")
        self.assertEqual(dealer.recv(), b"back")

    def test_zmq_dealer_connects(self):
        router = self.start("router", "--bind", self.url(""), stdin=subprocess.PIPE)
        self.talk_to_anna(router, self.zmq_socket(zmq.DEALER, connect=router.bound(), identity=b"anna"))
        self.finished(router)

    def test_zmq_dealer_listens(self):
        url = self.url("")
        dealer = self.zmq_socket(zmq.DEALER, bind=url, identity=b"anna")
        router = self.start("router", "--connect", url, stdin=subprocess.PIPE)
        self.talk_to_anna(router, dealer)
        self.finished(router)

    def test_two_zmq_dealers_without_names_are_told_apart(self):
        router = self.start("router", "--bind", self.url(""), "--echo")
        url = router.bound()
        dealers = [self.zmq_socket(zmq.DEALER, connect=url) for _ in range(2)]
        for number, dealer in enumerate(dealers):
            dealer.send_multipart([b"", b"%d" % number])
        self.assertEqual([dealer.recv_multipart() for dealer in dealers], [[b"", b"0"], [b"", b"1"]])

    def talk_to_bert(self, router, dealer):
        self.assertEqual(router.recv_multipart(), [b"bert", b"hello"])
        router.send_multipart([b"bert", b"back"])
        self.assertEqual(self.finished(dealer), b"back\n")

    def test_zmq_router_listens(self):
        url = self.url("")
        router = self.zmq_socket(zmq.ROUTER, bind=url)
        self.talk_to_bert(router, self.start("dealer", "--connect", url, "--identity", "bert", "--count", "1", "hello"))

    def test_zmq_router_connects(self):
        dealer = self.start("dealer", "--bind", self.url(""), "--identity", "bert", "--count", "1", "hello")
        self.talk_to_bert(self.zmq_socket(zmq.ROUTER, connect=dealer.bound()), dealer)

    @each_cat
    def test_router_answers_a_cat(self, cat):
        router = self.start("router", "--bind", self.url("nng+"), "--echo")
        req = self.cat(cat, "req", "--connect", router.bound(), "--data", "hello", "--quoted")
        self.assertEqual(self.line_of(req), b"hello")

    @each_cat
    def test_dealer_asks_a_cat(self, cat):
        url = self.url("nng+")
        rep = self.cat(cat, "rep", "--bind", url, "--data", "pong", "--quoted")
        self.assertEqual(self.ok("dealer", "--connect", url, "--count", "1", "ping"), b"pong\n")
        self.assertEqual(self.line_of(rep), b"ping")


if __name__ == "__main__":
    unittest.main()
