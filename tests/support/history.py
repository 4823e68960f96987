#!/usr/bin/env python3
"""history.py [OPTION…] [FILE…]: judges what clients saw of a messaging system: valid, invalid or unknown.

The format of a history and the classes of anomalies: docs/reference/history.md. The lines of each process must be in its
own order; how those of several processes are interleaved does not matter, so files may simply be given one after the other,
that of the faults first.
Reads each line once. What it must remember of each message is a row of a table, most of which is in a file.

Exit status: 0 valid, 1 invalid, 2 unknown.
"""
import argparse
import bisect
import contextlib
import dataclasses
import fileinput
import itertools
import json
import sys

from rows import Rows

OPERATIONS = ("send", "deliver", "ack", "drop", "fault", "heal", "drain")
DUPLICATES = ("none", "redelivered", "resent", "any")
CLASSES = ("lost", "unexpected", "aborted", "duplicated", "returned", "acknowledged_twice", "out_of_order", "divergent",
           "conservation", "liveness")
EXAMPLES = 10
MAX_REPEATED = 1_000_000  # messages that came more than once: each costs memory
NEVER = float("inf")
NOBODY = -1  # the group of a history in which nobody received


@dataclasses.dataclass(frozen=True)
class Promise:
    """What the system is held to."""
    duplicates: str = "redelivered"  # see DUPLICATES, from strict to lax
    order: bool = False  # of each producer's messages in each partition, as one consumer sees them for the first time
    conservation: bool = False  # losses are allowed if they were counted
    liveness: float = NEVER  # seconds from a heal to the next success
    faults: int = 0  # at least so many must have fired


@dataclasses.dataclass
class Verdict:
    verdict: str
    reasons: list  # why it is unknown
    counts: dict
    anomalies: dict  # class → how many
    examples: dict  # class → the first few

    def __str__(self):
        lines = [f"{self.verdict}: " + ", ".join(f"{name} {n}" for name, n in self.counts.items())]
        lines += [f"unknown: {reason}" for reason in self.reasons]
        for name, examples in self.examples.items():
            lines += [f"{name} ({self.anomalies[name]}): {example}" for example in examples]
        return "\n".join(lines)


class Names(dict):
    """Texts as small numbers, from 1."""

    def __init__(self):
        super().__init__()
        self.names = [""]

    def __missing__(self, name):
        self.names.append(name)
        self[name] = number = len(self) + 1
        return number


class History:
    """Takes the events of a history one by one; then `verdict()`."""

    def __init__(self, promise=Promise(), resident=256):
        self._promise = promise
        self._sends = Rows("invoked oks fails crc partition offset dropped", "HHHQIQB", resident)
        self._deliveries = Rows("count crc partition offset epoch attempt acked acked_epoch acked_attempt acked_offset",
                                "HQIQQIIQIQ", resident)  # the newest token; acked: the partition of that acknowledgement
        self._places = Rows("producer seq", "IQ", resident)  # partition, offset → message
        self._producers, self._partitions = Names(), Names()
        self._groups = {}
        self._repeated = {}  # (group, producer, seq) → the tokens it came with
        self._late = []  # (producer, seq, after) of those that may be copies
        self._newest = {}  # (group, process, producer, partition) → (epoch, seq)
        self._faults = {"invoke": 0, "ok": 0, "fail": 0, "info": 0}
        self._heals, self._next = [], []
        self._left = {}
        self._dropped = {}
        self._counts = dict.fromkeys(("sent", "failed", "open", "delivered", "recovered", "repeated", "redelivered"), 0)
        self._anomalies, self._examples, self._reasons = dict.fromkeys(CLASSES, 0), {}, []

    # --- events ---------------------------------------------------------------------------------------------------------

    def add(self, event):
        if event["op"] not in OPERATIONS:
            raise ValueError(f"a history has no operation {event['op']!r}")
        getattr(self, "_" + event["op"])(event, event["type"])

    def _send(self, event, kind):
        producer, seq = self._producers[event["producer"]], event["seq"]
        row = self._sends.at(producer, seq)
        if kind == "invoke":
            row.invoked += 1
        elif kind == "ok":
            row.oks += 1
            self._progress(event)
            self._place(event, row, producer)
        elif kind == "fail":
            row.fails += 1
        self._body("send", event, row)
        self._sends.put(producer, seq, row)

    def _deliver(self, event, kind):
        if kind != "ok":
            return
        producer, seq = self._producers[event["producer"]], event["seq"]
        key = (self._group(event), producer)
        row = self._deliveries.at(key, seq)
        self._progress(event)
        if self._strict() and self._is_copy(event, row):
            self._wrong("returned", event, "another copy was acknowledged")
        self._in_order(event, row, key[0])
        self._count(event, row, (*key, seq))
        if row.partition != self._partition(event):
            row.partition, row.offset, row.epoch, row.attempt = self._partition(event), 0, 0, 0
        self._place(event, row, producer)
        self._body("delivery", event, row)
        row.epoch, row.attempt = max((row.epoch, row.attempt), token_of(event))
        self._deliveries.put(key, seq, row)

    def _ack(self, event, kind):
        if kind != "ok":
            return
        self._progress(event)
        key, seq, token = (self._group(event), self._producers[event["producer"]]), event["seq"], token_of(event)
        row = self._deliveries.at(key, seq)
        if row.acked and self._strict() and (token != (row.acked_epoch, row.acked_attempt) or self._is_copy(event, row)):
            self._wrong("acknowledged_twice", event)
        row.acked, row.acked_epoch, row.acked_attempt = self._partition(event), *token
        row.acked_offset = event.get("offset") or 0
        self._deliveries.put(key, seq, row)

    def _drop(self, event, _):
        reason = event.get("reason", "?")
        self._dropped[reason] = self._dropped.get(reason, 0) + event.get("n", 1)
        if "producer" in event:
            producer = self._producers[event["producer"]]
            row = self._sends.at(producer, event["seq"])
            row.dropped = 1
            self._sends.put(producer, event["seq"], row)

    def _fault(self, event, kind):
        self._faults[kind] += 1
        if kind == "ok" and self._heals and event["t"] - self._heals[-1] < self._promise.liveness * 1e9:
            self._next[-1] = self._heals[-1]  # a heal that did not last obliges to nothing

    def _heal(self, event, _):
        place = bisect.bisect(self._heals, event["t"])
        self._heals.insert(place, event["t"])
        self._next.insert(place, NEVER)

    def _drain(self, event, kind):
        self._left[event.get("partition", "")] = event.get("left", 0) if kind == "ok" else None

    def close(self):
        for rows in (self._sends, self._deliveries, self._places):
            rows.close()

    # --- what they say --------------------------------------------------------------------------------------------------

    def _group(self, event):
        return self._groups.setdefault(event.get("group", ""), len(self._groups))

    def _partition(self, event):
        return self._partitions[event.get("partition", "")]

    def _strict(self):
        return self._promise.duplicates in ("none", "redelivered")

    def _is_copy(self, event, row):
        """Of a message that was acknowledged in the same partition, at another offset."""
        return row.acked == self._partition(event) and 0 != row.acked_offset != (event.get("offset") or row.acked_offset)

    def _progress(self, event):
        place = bisect.bisect(self._heals, event["t"]) - 1
        if place >= 0:
            self._next[place] = min(self._next[place], event["t"])

    def _body(self, what, event, row):
        if event.get("crc") is None:
            return
        if row.crc and row.crc != event["crc"] + 1:
            self._wrong("unexpected", event, f"another body than in an earlier {what}")
        row.crc = event["crc"] + 1

    def _place(self, event, row, producer):
        if not event.get("offset"):
            return
        partition, offset = self._partition(event), event["offset"]
        if self._strict() and row.partition == partition and row.offset not in (0, offset):
            self._wrong("divergent", event, f"was at {row.offset}")
        row.partition, row.offset = partition, offset
        holder = self._places.at(partition, offset)
        if holder.producer and (holder.producer, holder.seq) != (producer, event["seq"]):
            self._wrong("divergent", event, "another message was there")
        holder.producer, holder.seq = producer, event["seq"]
        self._places.put(partition, offset, holder)

    def _in_order(self, event, row, group):
        if not self._promise.order or row.count or event.get("attempt", 1) > 1:
            return
        key = (group, event.get("p"), event["producer"], event.get("partition", ""))
        now = (event.get("epoch", 0), event["seq"])
        newest = self._newest.setdefault(key, now)
        if now >= newest or self._strict():
            self._newest[key] = now
        if now >= newest:
            return
        if self._strict():
            self._wrong("out_of_order", event, f"came after {newest[1]}")
        elif len(self._late) < MAX_REPEATED:
            self._late.append((event["producer"], event["seq"], newest[1]))

    def _count(self, event, row, message):
        row.count = min(row.count + 1, 0xffff)
        self._counts["redelivered"] += event.get("attempt", 1) > 1
        if row.count == 1:
            return
        self._counts["repeated"] += 1
        if self._promise.duplicates == "any":
            return
        if len(self._repeated) >= MAX_REPEATED:
            self._reasons[:] = [f"more than {MAX_REPEATED} messages came twice"]
            return
        tokens = self._repeated.setdefault(message, [(row.partition, row.offset, row.epoch, row.attempt)])
        token = (self._partition(event), event.get("offset") or 0, *token_of(event))
        if token in tokens or self._promise.duplicates == "none":
            self._wrong("duplicated", event)
        tokens.append(token)

    def _wrong(self, name, what, why=""):
        """what: an event, or (producer, seq), or None."""
        self._anomalies[name] += 1
        examples = self._examples.setdefault(name, [])
        if len(examples) >= EXAMPLES:
            return
        if isinstance(what, tuple):
            what = {"producer": self._producers.names[what[0]], "seq": what[1]}
        examples.append(f"{json.dumps(what, separators=(',', ':')) if what else ''} {why}".strip())

    # --- the end --------------------------------------------------------------------------------------------------------

    def verdict(self):
        self._compare()
        self._too_many_copies()
        self._disordered()
        self._conserved()
        self._lively()
        reasons = [*self._reasons, *self._unknowns()]
        anomalies = {name: n for name, n in self._anomalies.items() if n}
        word = "invalid" if anomalies else "unknown" if reasons else "valid"
        counts = self._counts | {"faults": self._faults["ok"]} | self._dropped
        return Verdict(word, reasons, counts, anomalies, self._examples)

    def _compare(self):
        """Each message as it was sent with what became of it in each group."""
        for producer, seq, sent in self._sends.items():
            self._counts["sent" if sent.oks else "failed" if refused(sent) else "open"] += 1
            for group in self._groups.values() or (NOBODY,):
                self._judge((producer, seq), sent, self._deliveries.at((group, producer), seq))
        for (_, producer), seq, got in self._deliveries.items():
            self._counts["delivered"] += got.count > 0
            if attempts(self._sends.at(producer, seq)) == 0:
                self._wrong("unexpected", (producer, seq), "was never sent")

    def _judge(self, message, sent, got):
        if got.count == 0:
            if sent.oks and not sent.dropped and not self._promise.conservation:
                self._wrong("lost", message)
            return
        if refused(sent):
            self._wrong("aborted", message, "was refused, and delivered")
        if not sent.oks and not refused(sent):
            self._counts["recovered"] += 1
        if sent.crc and got.crc and sent.crc != got.crc:
            self._wrong("unexpected", message, "another body than was sent")
        both = sent.offset and got.offset and sent.partition == got.partition
        if both and sent.offset != got.offset and self._strict():
            self._wrong("divergent", message, f"confirmed at {sent.offset}, delivered at {got.offset}")
        newer = got.acked == got.partition and (got.epoch, got.attempt) > (got.acked_epoch, got.acked_attempt)
        if newer and self._strict():
            self._wrong("returned", message, "was delivered anew though its acknowledgement was confirmed")

    def _disordered(self):
        """A message that was sent again may be there twice, and the second copy come before the first, which has its place."""
        for producer, seq, after in self._late:
            if attempts(self._sends.at(self._producers[producer], seq)) < 2:
                self._wrong("out_of_order", (self._producers[producer], seq), f"came after {after}")

    def _too_many_copies(self):
        """A message may be in the system as often as it was sent, or once where the system removes duplicates."""
        for (_, producer, seq), tokens in self._repeated.items():
            allowed = 1 if self._strict() else attempts(self._sends.at(producer, seq))
            copies = len({token[:2] for token in tokens if token[1]})
            if copies > allowed and not self._strict():
                self._wrong("duplicated", (producer, seq), f"{copies} copies")

    def _conserved(self):
        if not self._promise.conservation:
            return
        counts = self._counts
        there = counts["delivered"] + sum(self._dropped.values()) + sum(n or 0 for n in self._left.values())
        if not counts["sent"] <= there <= counts["sent"] + counts["open"]:
            self._wrong("conservation", None, f"sent {counts['sent']} (open {counts['open']}); accounted for {there}")

    def _lively(self):
        following = list(itertools.accumulate(reversed(self._next), min))[::-1]
        for healed, success in zip(self._heals, following):
            if success - healed > self._promise.liveness * 1e9:
                self._wrong("liveness", None, f"healed at {healed} ns, went on {(success - healed) / 1e9:.1f} s later")

    def _unknowns(self):
        if not self._counts["sent"] or not self._counts["delivered"]:
            yield "nothing was sent, or nothing came"
        faults = self._faults
        if faults["ok"] < max(faults["invoke"], self._promise.faults):
            yield f"{faults['ok']} faults fired of {max(faults['invoke'], self._promise.faults)}"
        if not self._left:
            yield "it was not drained"
        elif None in self._left.values() or any(self._left.values()) and not self._promise.conservation:
            yield f"the drain was incomplete: left {self._left}"


def token_of(event):
    return event.get("epoch", 0), event.get("attempt", 0)


def attempts(sent):
    return max(sent.invoked, sent.oks + sent.fails)


def refused(sent):
    return not sent.oks and 0 < sent.fails == attempts(sent)


def check(lines, promise=Promise(), resident=256):
    """The verdict on an iterable of lines."""
    history = History(promise, resident)
    with contextlib.closing(history):
        for line in lines:
            if line.strip():
                history.add(json.loads(line))
        return history.verdict()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", metavar="FILE", nargs="*", help="else stdin")
    parser.add_argument("--duplicates", choices=DUPLICATES, default=Promise.duplicates, help="which are allowed")
    parser.add_argument("--order", action="store_true", help="each producer's order was promised")
    parser.add_argument("--conservation", action="store_true", help="losses are allowed if they were counted")
    parser.add_argument("--liveness", type=float, default=NEVER, metavar="S", help="seconds from a heal to the next success")
    parser.add_argument("--faults", type=int, default=0, metavar="N", help="at least so many must have fired")
    parser.add_argument("--json", action="store_true")
    options = vars(parser.parse_args())
    files, as_json = options.pop("files"), options.pop("json")
    result = check(fileinput.input(files, encoding="utf-8"), Promise(**options))
    print(json.dumps(dataclasses.asdict(result)) if as_json else result)
    return {"valid": 0, "invalid": 1, "unknown": 2}[result.verdict]


if __name__ == "__main__":
    sys.exit(main())
