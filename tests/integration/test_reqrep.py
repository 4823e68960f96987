#!/usr/bin/env python3
"""wye req and wye rep."""
import unittest

from command import CommandTest, each_engine


class ReqRep(CommandTest):
    def replier(self, engine, *how):
        process = self.start("rep", "--bind", self.url(engine), *how)
        return process, process.bound()

    @each_engine
    def test_echo_reply_and_exec(self, engine):
        for how, answer in ((["--echo"], b"hi\n"), (["--reply", "-yes-"], b"-yes-\n"), (["--exec", "tr a-z A-Z"], b"HI\n")):
            process, url = self.replier(engine, *how, "--count", "1")
            self.assertEqual(self.ok("req", "--connect", url, "hi", "--timeout", "20s"), answer)
            self.finished(process)

    @each_engine
    def test_each_line_is_a_request(self, engine):
        _, url = self.replier(engine, "--exec", "wc -c | tr -d '\\n'", "--workers", "2")
        self.assertEqual(self.ok("req", "--connect", url, "--timeout", "20s", data=b"a\nbcd\n\nx"), b"1\n3\n0\n1\n")

    @each_engine
    def test_failing_command_is_an_error_answer(self, engine):
        _, url = self.replier(engine, "--exec", "echo out of paper >&2; exit 3")
        status, output, errors = self.run_wye("req", "--connect", url, "print", "--timeout", "20s")
        self.assertEqual((status, output), (1, b""))
        self.assertIn("out of paper", errors)

    @each_engine
    def test_nobody_there_is_69(self, engine):
        status, _, errors = self.run_wye("req", "--connect", self.url(engine), "x", "--timeout", "400ms", "--retries", "2")
        self.assertEqual(status, 69)
        self.assertIn(self.folder, errors)
        self.assertIn("start a replier", errors)

    @each_engine
    def test_no_answer_is_75(self, engine):
        router = self.start("router", "--bind", self.url(engine), "--count", "100")
        status, _, errors = self.run_wye("req", "--connect", router.bound(), "x", "--timeout", "400ms")
        self.assertEqual(status, 75, errors)
        self.assertIn("raise --timeout", errors)

    @each_engine
    def test_a_replier_that_comes_late_is_found(self, engine):
        url = self.url(engine)
        asker = self.start("req", "--connect", url, "hi", "--timeout", "40s")
        self.start("rep", "--bind", url, "--echo").bound()
        self.assertEqual(self.finished(asker), b"hi\n")

    def test_how_to_answer_must_be_said_once(self):
        for how in ([], ["--echo", "--reply", "x"]):
            self.assertEqual(self.run_wye("rep", "--bind", self.url(""), *how)[0], 64)


if __name__ == "__main__":
    unittest.main()
