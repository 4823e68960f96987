#!/usr/bin/env python3
"""Surveys and bus, which NNG has and ZeroMQ has not, with nngcat and nanocat."""
import subprocess
import unittest

from strangers import CATS, InteropTest, each_cat


class Survey(InteropTest):
    def test_both_cats_answer_one_question(self):
        surveyor = self.start("surveyor", "--bind", self.url("nng+"), "--wait-peers", "2", "--count", "2",
                              "--timeout", "40s", "who?")
        url = surveyor.bound()
        cats = [self.cat(name, "respondent", "--connect", url, "--data", name, "--quoted") for name in CATS]
        self.assertEqual(sorted(self.finished(surveyor).split()), [b"nanocat", b"nngcat"])
        self.assertEqual([self.line_of(cat) for cat in cats], [b"who?", b"who?"])

    @each_cat
    def test_cat_answers_listening(self, cat):
        url = self.url("nng+")
        self.cat(cat, "respondent", "--bind", url, "--data", "me", "--quoted")
        self.assertEqual(self.ok("surveyor", "--connect", url, "--wait-peers", "1", "--count", "1", "--timeout", "40s",
                                 "who?"), b"me\n")

    @each_cat
    def test_cat_asks(self, cat):
        respondent = self.start("respondent", "--bind", self.url("nng+"), "--exec", "tr a-z A-Z")
        asker = self.cat(cat, "surveyor", "--connect", respondent.bound(), "--data", "who?", "--interval", "1",
                         "--quoted")
        self.assertEqual(self.line_of(asker), b"WHO?")


class Bus(InteropTest):
    def exchange(self, ours, theirs):
        self.assertEqual(ours.read_line(), b"pong\n")
        ours.write(b"ping\n")
        self.assertEqual(self.line_of(theirs), b"ping")
        self.finished(ours)

    @each_cat
    def test_cat_connects(self, cat):
        ours = self.start("bus", "--bind", self.url("nng+"), stdin=subprocess.PIPE)
        url = ours.bound()
        self.exchange(ours, self.cat(cat, "bus", "--connect", url, "--data", "pong", "--interval", "1", "--quoted"))

    @each_cat
    def test_cat_listens(self, cat):
        url = self.url("nng+")
        theirs = self.cat(cat, "bus", "--bind", url, "--data", "pong", "--interval", "1", "--quoted")
        self.exchange(self.start("bus", "--connect", url, stdin=subprocess.PIPE), theirs)


if __name__ == "__main__":
    unittest.main()
