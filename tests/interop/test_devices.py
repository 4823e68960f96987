#!/usr/bin/env python3
"""Queue, forwarder and streamer between plain peers."""
import unittest

import zmq

from strangers import InteropTest, each_cat, subscription

UPPER = ("--exec", "tr a-z A-Z")


class Queue(InteropTest):
    def queue(self, engine, backend="--backend"):
        """A queue device; returns its front and back."""
        front, back = self.url(engine), self.url(engine)
        self.start_device("queue", "--frontend", front, backend, back)
        return front, back

    def test_zmq_req_and_wye_workers(self):
        front, back = self.queue("")
        for _ in range(2):
            self.start("rep", "--connect", back, *UPPER)
        req = self.zmq_socket(zmq.REQ, connect=front)
        for body in (b"one", b"two", b"three"):
            req.send(body)
            self.assertEqual(req.recv(), body.upper())

    def test_many_questions_of_a_zmq_dealer(self):
        front, back = self.queue("")
        self.start("rep", "--connect", back, "--echo")
        dealer = self.zmq_socket(zmq.DEALER, connect=front)
        questions = [[b"%d" % number, b"", b"body", b"%d" % number] for number in range(100)]
        for question in questions:
            dealer.send_multipart(question)
        self.assertCountEqual([dealer.recv_multipart() for _ in questions], questions)

    def test_plain_zmq_rep_is_a_worker(self):
        front, back = self.queue("", "--backend-plain")
        rep = self.zmq_socket(zmq.REP, connect=back)
        asker = self.start("req", "--connect", front, "one", "two", "--timeout", "40s")
        for body in (b"one", b"two"):
            self.assertEqual(rep.recv(), body)
            rep.send(body.upper())
        self.assertEqual(self.finished(asker), b"ONE\nTWO\n")

    def test_zmq_on_both_sides(self):
        front, back = self.queue("", "--backend-plain")
        req, rep = self.zmq_socket(zmq.REQ, connect=front), self.zmq_socket(zmq.REP, connect=back)
        req.send_multipart([b"two", b"frames"])
        self.assertEqual(rep.recv_multipart(), [b"two", b"frames"])
        rep.send(b"yes")
        self.assertEqual(req.recv(), b"yes")

    @each_cat
    def test_cat_asks_wye_workers(self, cat):
        front, back = self.queue("nng+")
        self.start("rep", "--connect", back, *UPPER)
        req = self.cat(cat, "req", "--connect", front, "--data", "hello", "--quoted")
        self.assertEqual(self.line_of(req), b"HELLO")

    @each_cat
    def test_cat_is_a_worker(self, cat):
        front, back = self.queue("nng+", "--backend-plain")
        self.cat(cat, "rep", "--connect", back, "--data", "pong", "--quoted")
        self.assertEqual(self.ok("req", "--connect", front, "ping", "--timeout", "40s"), b"pong\n")


class Forwarder(InteropTest):
    def test_subscriptions_travel_to_a_zmq_publisher(self):
        front, back = self.url(""), self.url("")
        self.start_device("forwarder", "--frontend", front, "--backend", back)
        pub, sub = self.zmq_socket(zmq.XPUB, connect=front), self.zmq_socket(zmq.SUB, connect=back, subscribe=b"news")
        self.assertEqual(subscription(pub), b"\1news")
        sub.subscribe(b"sport")
        self.assertEqual(subscription(pub), b"\1sport")
        sub.unsubscribe(b"news")
        self.assertEqual(subscription(pub), b"\0news")
        for topic in (b"news", b"weather", b"sport"):
            pub.send_multipart([topic, b"body"])
        self.assertEqual(sub.recv_multipart(), [b"sport", b"body"])

    def test_zmq_pub_that_listens(self):
        front, back = self.url(""), self.url("")
        pub = self.zmq_socket(zmq.XPUB, bind=front)
        self.start("forwarder", "--frontend-connect", front, "--backend", back).bound()
        subs = [self.zmq_socket(zmq.SUB, connect=back, subscribe=topic) for topic in (b"a", b"b")]
        self.assertCountEqual([subscription(pub), subscription(pub)], [b"\1a", b"\1b"])
        for topic in (b"a", b"b"):
            pub.send_multipart([topic, b"body", b"more"])
        self.assertEqual([sub.recv_multipart() for sub in subs], [[b"a", b"body", b"more"], [b"b", b"body", b"more"]])


class Streamer(InteropTest):
    def test_zmq_to_zmq(self):
        front, back = self.url(""), self.url("")
        self.start_device("streamer", "--frontend", front, "--backend", back)
        push, pull = self.zmq_socket(zmq.PUSH, connect=front), self.zmq_socket(zmq.PULL, connect=back)
        jobs = [[b"job", b"%d" % number] for number in range(500)]
        for job in jobs:
            push.send_multipart(job)
        self.assertEqual([pull.recv_multipart() for _ in jobs], jobs)

    @each_cat
    def test_cat_to_cat(self, cat):
        front, back = self.url("nng+"), self.url("nng+")
        self.start_device("streamer", "--frontend", front, "--backend", back)
        pull = self.cat(cat, "pull", "--connect", back, "--quoted")
        self.cat(cat, "push", "--connect", front, "--data", "job", "--interval", "1")
        self.assertEqual(self.line_of(pull), b"job")


if __name__ == "__main__":
    unittest.main()
