#!/usr/bin/env python3
"""wye --help, wye version, wye bench."""
import json
import re
import unittest

from command import CommandTest

VERBS = ("push pull pub sub req rep dealer router pair bus surveyor respondent put get queues queue forwarder streamer bridge store bench "
         "topics version").split()


class Help(CommandTest):
    def test_overview_names_every_verb(self):
        text = self.ok("--help").decode()
        for verb in VERBS:
            self.assertRegex(text, rf"(?m)^  {verb} +\S")

    def test_each_verb_has_examples(self):
        for verb in VERBS:
            text = self.ok(verb, "--help").decode()
            examples = text.split("Examples:")[1]
            self.assertGreaterEqual(len(re.findall(rf"\bwye {verb}\b", examples)), 2, verb)

    def test_nothing_asked_is_a_usage_error(self):
        self.assertEqual(self.run_wye()[0], 64)

    def test_version(self):
        version = json.loads(self.ok("version", "--json"))
        self.assertEqual(set(version["engines"]), {"zmq", "nng", "inproc", "shm"})

    def test_bench_measures(self):
        figures = json.loads(self.ok("bench", "inproc://a", "nng+inproc://a", "--time", "20ms", "--json"))
        self.assertEqual([f["url"] for f in figures], ["inproc://a", "nng+inproc://a"])
        self.assertTrue(all(f["messages_per_second"] > 0 and f["round_trip_us"] > 0 for f in figures))


if __name__ == "__main__":
    unittest.main()
