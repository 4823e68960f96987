#!/usr/bin/env python3
"""wye queue --heartbeat with named queues: who falls silent is given up."""
import json
import signal
import unittest

from command import CommandTest


class Heartbeats(CommandTest):
    def test_a_consumer_that_falls_silent_is_given_up(self):
        at = self.start("queue", "--bind", self.url(""), "--heartbeat", "500ms").bound()
        self.ok("put", "--connect", at, "--queue", "q", "work")
        until_killed = "tail --pid=$PPID -f /dev/null"
        silent = self.start("get", "--connect", at, "--queue", "q", "--lease", "12h", "--exec", until_killed)
        while json.loads(self.ok("queues", "stat", "q", "--connect", at, "--json"))["leased"] == 0:
            pass
        silent.popen.send_signal(signal.SIGSTOP)
        again = json.loads(self.ok("get", "--connect", at, "--queue", "q", "--count", "1", "--json"))
        self.assertEqual(again["frames"], ["work"])
        self.assertGreater(again["attempt"], 1)

    def test_heartbeats_that_mean_nothing_are_refused(self):
        for options, status, part in (
                (("--heartbeat", "2h"), 78, "heartbeat"),
                (("--heartbeat", "1s", "--bind", self.url("nng+")), 64, "NNG, at nng+ipc://"),
                (("--expiry", "1s"), 64, "--expiry is for requests to workers")):
            got, _, errors = self.run_wye("queue", "--bind", self.url(""), *options)
            self.assertEqual(got, status, errors)
            self.assertIn(part, errors)


if __name__ == "__main__":
    unittest.main()
