#!/usr/bin/env python3
"""The history checker on long random histories: good ones are valid, and one seeded anomaly among them is found."""
import json
import tracemalloc
import unittest

from history import Promise, check
from observe import MIB, seeded

PRODUCERS = 4
MESSAGES = 1500  # of each
WINDOW = 20  # lines of different processes are mixed within so many


class Random:
    """Makes histories of a good system: losses of connections, redeliveries, resends with deduplication."""

    def __init__(self, draw):
        self.draw = draw
        self.now = 0
        self.offset = 0

    def line(self, op, kind, **more):
        self.now += self.draw.randrange(1, 1000)
        return {"t": self.now, "op": op, "type": kind, **more}

    def message(self, producer, seq):
        """The events of one message, from its first sending to its acknowledgement."""
        draw, crc = self.draw, self.draw.randrange(1 << 32)
        of = {"producer": producer, "seq": seq, "partition": "q"}
        fate = draw.random()
        if fate < 0.02:
            return [self.line("send", "invoke", crc=crc, **of), self.line("send", "fail", **of)]
        events = [self.line("send", "invoke", crc=crc, **of)]
        if fate < 0.1:  # the answer is lost
            events += [self.line("send", "info", **of)]
            if fate < 0.06:
                return events + (self.taken(of, crc) if fate < 0.04 else [])
            events += [self.line("send", "invoke", crc=crc, **of)]
        self.offset += 1
        return events + [self.line("send", "ok", offset=self.offset, **of)] + self.taken(of, crc, self.offset)

    def taken(self, of, crc, offset=None):
        events, attempts = [], 1 if self.draw.random() < 0.95 else self.draw.randrange(2, 5)
        for attempt in range(1, attempts + 1):
            events += [self.line("deliver", "ok", p="C", attempt=attempt, offset=offset, crc=crc, **of)]
        return events + [self.line("ack", "ok", p="C", attempt=attempts, **of)]

    def history(self, producers=PRODUCERS, messages=MESSAGES):
        for seq in range(1, messages + 1):
            for producer in range(producers):
                yield from self.message(f"p{producer}", seq)
        yield self.line("drain", "ok", left=0)


def confirmed(events, draw):
    """A confirmed message: the places of its events."""
    while True:
        chosen = draw.choice(events)
        if chosen["op"] == "send" and chosen["type"] == "ok":
            same = (chosen["producer"], chosen["seq"])
            return [i for i, e in enumerate(events) if (e.get("producer"), e.get("seq")) == same]


def pick(events, places, op):
    return next(i for i in places if events[i]["op"] == op and events[i]["type"] == "ok")


def lose(events, draw):
    places = confirmed(events, draw)
    return "lost", [e for i, e in enumerate(events) if i not in places or e["op"] == "send"]


def invent(events, draw):
    place = pick(events, confirmed(events, draw), "deliver")
    return "unexpected", [*events, dict(events[place], seq=10 * MESSAGES, offset=None)]


def flip(events, draw):
    place = pick(events, confirmed(events, draw), "deliver")
    events[place]["crc"] ^= 1 << draw.randrange(32)
    return "unexpected", events


def refuse(events, draw):
    for i in confirmed(events, draw):
        if events[i]["op"] == "send" and events[i]["type"] != "invoke":
            events[i]["type"] = "fail"
    return "aborted", events


def repeat(events, draw):
    place = pick(events, confirmed(events, draw), "deliver")
    return "duplicated", events[:place + 1] + events[place:]


def return_acknowledged(events, draw):
    place = pick(events, confirmed(events, draw), "ack")
    again = dict(events[place], op="deliver", attempt=events[place]["attempt"] + 1)
    return "returned", events[:place + 1] + [again] + events[place + 1:]


def acknowledge_twice(events, draw):
    place = pick(events, confirmed(events, draw), "ack")
    older = dict(events[place], attempt=events[place]["attempt"] - 1)
    return "acknowledged_twice", events[:place] + [older] + events[place:]


def swap(events, draw):
    """Two messages of one producer, delivered once each, change their places on the way to the consumer."""
    delivered = [e["seq"] for e in events if e["op"] == "deliver" and e["producer"] == "p1"]
    firsts = [i for i, e in enumerate(events)
              if e["op"] == "deliver" and e["producer"] == "p1" and delivered.count(e["seq"]) == 1]
    at = draw.randrange(len(firsts) - 1)
    one, two = firsts[at], firsts[at + 1]
    events[one], events[two] = events[two], events[one]
    return "out_of_order", events


def move(events, draw):
    place = pick(events, confirmed(events, draw), "deliver")
    events[place]["offset"] += 10 * PRODUCERS * MESSAGES
    return "divergent", events


ANOMALIES = (lose, invent, flip, refuse, repeat, return_acknowledged, acknowledge_twice, swap, move)
STRICT = Promise(order=True)


def judge(events, resident=256):
    return check((json.dumps(e) for e in events), STRICT, resident)


class Seeded(unittest.TestCase):
    def setUp(self):
        self.draw = seeded()

    def test_a_good_history_is_valid_whatever_is_in_memory(self):
        events = list(Random(self.draw).history())
        large, small = judge(events), judge(events, resident=2)
        self.assertEqual(large.verdict, "valid", large)
        self.assertGreater(large.counts["recovered"] * large.counts["redelivered"] * large.counts["failed"], 0)
        self.assertEqual(large, small)

    def test_the_lines_of_processes_may_come_in_any_mixture(self):
        events = list(Random(self.draw).history())
        mixed = [e for e in events if e["op"] == "send"]
        self.draw.shuffle(mixed)
        others = [e for e in events if e["op"] != "send"]
        self.assertEqual(judge(others + mixed).counts, judge(events).counts)
        self.assertEqual(judge(others + mixed).verdict, "valid")

    def test_each_seeded_anomaly_is_found(self):
        for seed in ANOMALIES:
            for _ in range(3):
                with self.subTest(anomaly=seed.__name__):
                    name, events = seed([dict(e) for e in Random(self.draw).history(messages=200)], self.draw)
                    verdict = judge(events, resident=3)
                    self.assertEqual(verdict.verdict, "invalid", verdict)
                    self.assertIn(name, verdict.anomalies, verdict)

    def test_memory_is_bounded(self):
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        check((json.dumps(e) for e in Random(self.draw).history(messages=1200)), Promise("any"), resident=4)
        few = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        check((json.dumps(e) for e in Random(self.draw).history(messages=3600)), Promise("any"), resident=4)
        self.assertLess(tracemalloc.get_traced_memory()[1] - few, MIB // 4)


if __name__ == "__main__":
    unittest.main()
