#!/usr/bin/env python3
"""Requests and answers with plain peers."""
import unittest

import zmq

from strangers import InteropTest, each_cat

UPPER = ("--exec", "tr a-z A-Z")


class ReqRep(InteropTest):
    def replier(self, engine, *how):
        return self.start("rep", "--bind", self.url(engine), *how).bound()

    def test_zmq_req(self):
        req = self.zmq_socket(zmq.REQ, connect=self.replier("", *UPPER))
        for body in (b"one", b"two", b"one"):
            req.send(body)
            self.assertEqual(req.recv(), body.upper())

    def test_zmq_req_that_listens(self):
        url = self.url("")
        req = self.zmq_socket(zmq.REQ, bind=url)
        self.start("rep", "--connect", url, *UPPER)
        req.send(b"one")
        self.assertEqual(req.recv(), b"ONE")

    def test_zmq_req_relaxed_gets_the_answer_to_its_last_question(self):
        url = self.url("")
        req = self.zmq_socket(zmq.REQ)
        req.set(zmq.REQ_RELAXED, 1)
        req.set(zmq.REQ_CORRELATE, 1)
        req.connect(self.replier("", *UPPER))
        for round_number in range(20):
            req.send(b"forget it")
            last = b"question %d" % round_number
            req.send(last)
            self.assertEqual(req.recv(), last.upper())

    def test_zmq_dealer_asks(self):
        dealer = self.zmq_socket(zmq.DEALER, connect=self.replier("", *UPPER))
        for body in (b"one", b"two"):
            dealer.send_multipart([b"", body])
        self.assertEqual([dealer.recv_multipart() for _ in range(2)], [[b"", b"ONE"], [b"", b"TWO"]])

    def test_error_reaches_zmq_req_as_text(self):
        req = self.zmq_socket(zmq.REQ, connect=self.replier("", "--exec", "echo out of paper >&2; exit 3"))
        req.send(b"print")
        self.assertIn(b"out of paper", req.recv_multipart()[1])

    def test_zmq_rep(self):
        url = self.url("")
        rep = self.zmq_socket(zmq.REP, bind=url)
        asker = self.start("req", "--connect", url, "one", "two", "--timeout", "40s")
        for body in (b"one", b"two"):
            self.assertEqual(rep.recv(), body)
            rep.send(b"re: " + body)
        self.assertEqual(self.finished(asker), b"re: one\nre: two\n")

    def test_zmq_rep_that_connects(self):
        asker = self.start("req", "--bind", self.url(""), "one", "--timeout", "40s")
        rep = self.zmq_socket(zmq.REP, connect=asker.bound())
        self.assertEqual(rep.recv(), b"one")
        rep.send(b"1")
        self.assertEqual(self.finished(asker), b"1\n")

    def test_lost_question_is_asked_again_and_double_answers_are_no_harm(self):
        url = self.url("")
        router = self.zmq_socket(zmq.ROUTER, bind=url)
        asker = self.start("req", "--connect", url, "one", "two", "--timeout", "20s", "--retries", "9")
        lost, again = router.recv_multipart(), router.recv_multipart()
        self.assertEqual(lost, again)
        *envelope, body = again
        self.assertEqual(body, b"one")
        router.send_multipart([*envelope, b"1"])
        router.send_multipart([*envelope, b"1, as I said"])
        while body != b"two":  # the first may have been asked a third time meanwhile
            *envelope, body = router.recv_multipart()
        router.send_multipart([*envelope, b"2"])
        self.assertEqual(self.finished(asker), b"1\n2\n")

    @each_cat
    def test_cat_asks(self, cat):
        asker = self.cat(cat, "req", "--connect", self.replier("nng+", *UPPER), "--data", "hello", "--quoted")
        self.assertEqual(self.line_of(asker), b"HELLO")

    @each_cat
    def test_cat_answers(self, cat):
        url = self.url("nng+")
        answerer = self.cat(cat, "rep", "--bind", url, "--data", "pong", "--quoted")
        self.assertEqual(self.ok("req", "--connect", url, "ping", "pang", "--timeout", "40s"), b"pong\npong\n")
        self.assertEqual([self.line_of(answerer) for _ in range(2)], [b"ping", b"pang"])


if __name__ == "__main__":
    unittest.main()
