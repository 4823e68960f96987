#!/usr/bin/env python3
"""wye dealer, router, pair; bus and surveys on NNG."""
import select
import subprocess
import unittest

from command import CommandTest, each_engine


class Conversations(CommandTest):
    @each_engine
    def test_dealer_and_echoing_router(self, engine):
        router = self.start("router", "--bind", self.url(engine), "--echo", "--count", "2")
        output = self.ok("dealer", "--connect", router.bound(), "--identity", "anna", "--count", "2", data=b"one\ntwo\n")
        self.assertEqual(output, b"one\ntwo\n")
        self.assertEqual(self.finished(router), b"anna\tone\nanna\ttwo\n")

    @each_engine
    def test_router_answers_by_identity(self, engine):
        router = self.start("router", "--bind", self.url(engine), stdin=subprocess.PIPE)
        dealer = self.start("dealer", "--connect", router.bound(), "--count", "1", "hello")
        identity, body = router.read_line().rstrip(b"\n").split(b"\t")
        self.assertEqual(body, b"hello")
        router.write(identity + b"\tto you\n")
        self.assertEqual(self.finished(dealer), b"to you\n")
        self.finished(router)

    @each_engine
    def test_router_names_a_peer_that_is_not_there(self, engine):
        status, _, errors = self.run_wye("router", "--bind", self.url(engine), data=b"nobody\thello\n")
        self.assertEqual(status, 75)
        self.assertIn("to nobody was not sent", errors)

    @each_engine
    def test_pair_talks_both_ways(self, engine):
        left = self.start("pair", "--bind", self.url(engine), "--count", "1", stdin=subprocess.PIPE)
        right = self.start("pair", "--connect", left.bound(), "--count", "1", stdin=subprocess.PIPE)
        left.write(b"ping\n")
        self.assertEqual(right.read_line(), b"ping\n")
        right.write(b"pong\n")
        self.assertEqual(left.read_line(), b"pong\n")
        self.finished(left)
        self.finished(right)

    @each_engine
    def test_pair_echo(self, engine):
        echo = self.start("pair", "--bind", self.url(engine), "--echo")
        self.assertEqual(self.ok("pair", "--connect", echo.bound(), "--count", "2", "a", "b"), b"a\nb\n")
        self.assertEqual(echo.stop()[0], 0)

    def test_bus(self):
        left = self.start("bus", "--bind", self.url("nng+"), "--count", "1")
        right = self.start("bus", "--connect", left.bound(), stdin=subprocess.PIPE)
        # Best effort: what is sent before the connection stands, nobody gets.
        while not select.select([left.popen.stdout], [], [], 0.05)[0]:
            right.write(b"hello\n")
        self.assertEqual(set(self.finished(left).splitlines()), {b"hello"})
        right.finish()

    def test_survey(self):
        surveyor = self.start("surveyor", "--bind", self.url("nng+"), "--wait-peers", "2", "--count", "2", "--timeout", "40s", "who?")
        url = surveyor.bound()
        self.start("respondent", "--connect", url, "--reply", "anna")
        self.start("respondent", "--connect", url, "--exec", "tr -d '\\n'; printf ' bert'")
        self.assertEqual(sorted(self.finished(surveyor).splitlines()), [b"anna", b"who? bert"])

    def test_zeromq_has_no_bus_and_no_surveys(self):
        for verb, how in (("bus", []), ("surveyor", ["x"]), ("respondent", ["--echo"])):
            status, _, errors = self.run_wye(verb, "--bind", self.url(""), *how)
            self.assertEqual(status, 78)
            self.assertIn("feature matrix", errors)


if __name__ == "__main__":
    unittest.main()
