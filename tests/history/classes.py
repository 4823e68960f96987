#!/usr/bin/env python3
"""The history checker on histories made by hand: one for each class, and for each way to be unknown."""
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import history
from history import Promise, check

PROGRAM = Path(history.__file__)


class Story:
    """Writes a history: one line for each call."""

    def __init__(self):
        self.lines = []
        self.now = 0

    def say(self, op, kind="ok", **more):
        self.now += 1_000_000
        self.lines.append(json.dumps({"t": self.now, "op": op, "type": kind, **more}))
        return self

    def send(self, seq, kind="ok", crc=None, **more):
        self.say("send", "invoke", p="P", producer="P", seq=seq, crc=crc)
        return self.say("send", kind, p="P", producer="P", seq=seq, **more)

    def get(self, seq, consumer="C", attempt=1, **more):
        return self.say("deliver", p=consumer, producer="P", seq=seq, attempt=attempt, **more)

    def ack(self, seq, kind="ok", attempt=1, **more):
        return self.say("ack", kind, p="C", producer="P", seq=seq, attempt=attempt, **more)

    def drained(self, left=0):
        return self.say("drain", left=left)


def good():
    return Story().send(1).send(2).get(1).get(2).ack(1).ack(2)


class Classes(unittest.TestCase):
    def judged(self, story, word, anomaly=None, **promise):
        verdict = check(story.lines, Promise(**promise))
        self.assertEqual(verdict.verdict, word, verdict)
        self.assertEqual(list(verdict.anomalies), [anomaly] if anomaly else [], verdict)
        return verdict

    def test_a_good_history_is_valid(self):
        verdict = self.judged(good().drained(), "valid", order=True, duplicates="none")
        self.assertEqual((verdict.counts["sent"], verdict.counts["delivered"]), (2, 2))

    def test_lost(self):
        self.judged(good().send(3).drained(), "invalid", "lost")

    def test_a_message_that_was_dropped_by_name_is_not_lost(self):
        self.judged(good().send(3).say("drop", producer="P", seq=3, reason="expired").drained(), "valid")

    def test_lost_for_one_group_of_two(self):
        story = Story().send(1).get(1, group="a").send(2).get(2, group="a").get(2, group="b").drained()
        self.judged(story, "invalid", "lost")

    def test_never_sent(self):
        self.judged(good().get(7).drained(), "invalid", "unexpected")

    def test_another_body(self):
        self.judged(Story().send(1, crc=5).get(1, crc=6).drained(), "invalid", "unexpected")
        self.judged(Story().send(1, crc=0).get(1, crc=0).drained(), "valid")

    def test_two_deliveries_with_different_bodies(self):
        self.judged(Story().send(1).get(1, crc=5).get(1, crc=6, attempt=2).drained(), "invalid", "unexpected")

    def test_refused_and_delivered(self):
        self.judged(good().send(3, "fail").get(3).drained(), "invalid", "aborted")

    def test_a_timeout_is_no_failure(self):
        verdict = self.judged(good().send(3, "info").get(3).send(4, "info").drained(), "valid")
        self.assertEqual((verdict.counts["recovered"], verdict.counts["open"]), (1, 2))

    def test_an_attempt_that_timed_out_and_one_that_was_refused_leave_it_open(self):
        self.judged(good().send(3, "info").send(3, "fail").get(3).drained(), "valid")

    def test_the_same_lease_given_twice(self):
        self.judged(good().send(3).get(3, epoch=1).get(3, epoch=1).drained(), "invalid", "duplicated")

    def test_a_redelivery_that_says_so_is_allowed(self):
        story = good().send(3).get(3).get(3, attempt=2).get(3, epoch=1).drained()
        verdict = self.judged(story, "valid")
        self.assertEqual(verdict.counts["repeated"], 2)
        self.judged(story, "invalid", "duplicated", duplicates="none")

    def test_two_copies_of_one_message(self):
        twice = Story().send(1, "info").send(1, offset=2).get(1, offset=1).get(1, offset=2).drained()
        self.judged(twice, "valid", duplicates="resent")
        self.judged(twice, "invalid", "divergent")
        once = Story().send(1, offset=2).get(1, offset=1).get(1, offset=2).drained()
        self.judged(once, "invalid", "duplicated", duplicates="resent")
        self.judged(once, "valid", duplicates="any")

    def test_delivered_anew_after_its_acknowledgement(self):
        self.judged(good().get(2, attempt=2).drained(), "invalid", "returned")

    def test_a_slow_holder_of_an_older_lease_is_no_return(self):
        story = Story().send(1).get(1, attempt=2).ack(1, attempt=2).get(1, consumer="D", attempt=1).ack(1, "fail")
        self.judged(story.drained(), "valid")

    def test_a_dead_letter_has_tokens_of_its_own(self):
        story = Story().send(1).get(1, offset=1, partition="q").get(1, attempt=2, offset=1, partition="q")
        story.get(1, offset=1, partition="dead").ack(1, partition="dead").drained()
        self.judged(story, "valid")

    def test_acknowledged_by_two_holders(self):
        story = Story().send(1).get(1).get(1, consumer="D", attempt=2).ack(1).ack(1, attempt=2).drained()
        self.judged(story, "invalid", "acknowledged_twice")

    def test_out_of_order(self):
        story = Story().send(1).send(2).get(2).get(1).drained()
        self.judged(story, "invalid", "out_of_order", order=True)
        self.judged(story, "valid")

    def test_order_is_that_of_one_consumer_and_of_first_deliveries(self):
        two = Story().send(1).send(2).get(2).get(1, consumer="D").drained()
        self.judged(two, "valid", order=True)
        again = Story().send(1).send(2).get(1).get(2).get(1, attempt=2).drained()
        self.judged(again, "valid", order=True)

    def test_of_two_copies_the_later_one_may_come_first(self):
        sent = Story().send(1, "info").send(1, offset=3).send(2, offset=2).get(2, offset=2).get(1, offset=3)
        self.judged(sent.get(1, attempt=2, offset=1).drained(), "valid", order=True, duplicates="resent")
        once = Story().send(1, offset=3).send(2, offset=2).get(2, offset=2).get(1, offset=3)
        self.judged(once.drained(), "invalid", "out_of_order", order=True, duplicates="resent")

    def test_a_copy_of_what_was_acknowledged(self):
        dead = {"partition": "dead"}
        moved = Story().send(1).get(1).get(1, offset=5, **dead).ack(1, offset=5, **dead).get(1, attempt=2)
        self.judged(moved.drained(), "valid")
        self.judged(moved.get(1, offset=6, **dead), "invalid", "returned")

    def test_one_offset_two_messages(self):
        self.judged(Story().send(1, offset=9).send(2, offset=9).get(1).get(2).drained(), "invalid", "divergent")

    def test_confirmed_at_one_offset_delivered_at_another(self):
        self.judged(Story().send(1, offset=9).get(1, offset=8).drained(), "invalid", "divergent")
        self.judged(Story().send(1, offset=9).get(1, offset=8, partition="dead").drained(), "valid")

    def test_conservation(self):
        story = good().send(3).send(4)
        self.judged(story.drained(1), "invalid", "conservation", conservation=True)
        self.judged(story.say("drop", n=1, reason="queue_full"), "valid", conservation=True)

    def test_liveness(self):
        story = Story().say("fault", "invoke").say("fault").say("heal")
        story.now += 2_000_000_000
        good_end = story.send(1).get(1).drained()
        self.judged(good_end, "valid", liveness=5)
        self.judged(good_end, "invalid", "liveness", liveness=1)

    def test_a_heal_that_did_not_last_obliges_to_nothing(self):
        story = Story().say("fault").say("heal").say("fault")
        story.now += 2_000_000_000
        self.judged(story.send(1).get(1).drained(), "valid", liveness=1)

    def test_nothing_after_the_last_heal(self):
        self.judged(good().say("fault").say("heal").drained(), "invalid", "liveness", liveness=5)


class Unknown(unittest.TestCase):
    def unknown(self, lines, because, **promise):
        verdict = check(lines, Promise(**promise))
        self.assertEqual(verdict.verdict, "unknown", verdict)
        self.assertIn(because, " ".join(verdict.reasons))

    def test_an_empty_history(self):
        self.unknown([], "nothing was sent")

    def test_nothing_came(self):
        self.unknown(Story().send(1, "info").drained().lines, "nothing was sent, or nothing came")

    def test_a_fault_that_never_fired(self):
        self.unknown(good().say("fault", "invoke").drained().lines, "0 faults fired of 1")
        self.unknown(good().drained().lines, "0 faults fired of 1", faults=1)

    def test_not_drained(self):
        self.unknown(good().lines, "not drained")

    def test_drained_in_part(self):
        self.unknown(good().drained(1).lines, "incomplete")
        self.unknown(good().say("drain", "info").lines, "incomplete")

    def test_unknown_does_not_hide_what_is_wrong(self):
        self.assertEqual(check(good().get(7).lines).verdict, "invalid")


class Program(unittest.TestCase):
    def run_on(self, lines, *options):
        with tempfile.NamedTemporaryFile("w") as file:
            file.write("\n".join(lines))
            file.flush()
            return subprocess.run([sys.executable, PROGRAM, *options, file.name], capture_output=True, text=True, check=False)

    def test_its_status_is_the_verdict(self):
        self.assertEqual(self.run_on(good().drained().lines).returncode, 0)
        self.assertEqual(self.run_on(good().send(3).drained().lines).returncode, 1)
        self.assertEqual(self.run_on(good().lines).returncode, 2)

    def test_it_names_what_is_wrong(self):
        said = self.run_on(good().send(3).drained().lines, "--json")
        self.assertEqual(json.loads(said.stdout)["examples"], {"lost": ['{"producer":"P","seq":3}']})

    def test_a_line_that_is_no_event_fails(self):
        self.assertNotIn(self.run_on(['{"op":"dance","type":"ok"}']).returncode, (0, 2))


if __name__ == "__main__":
    unittest.main()
