"""A client of named queues (docs/reference/protocol/queues.md), and the producers and consumers of the
tests of faults: they go on whatever happens to the device, and record what they do and see.
"""
import binascii
import collections
import itertools
import threading
import time

import msgpack

from command import PATIENCE
from observe import pause, wait_until
from zmtp import Dealer

VERSION = b"wye1"
# Answers that leave open what became of a message: after a failed flush, only the next start tells.
UNCERTAIN = ("io", "internal", "timeout", "cancelled")


class Refused(Exception):
    """The device's error: code and text."""


class Client:
    """One connection. For one thread. A device gives up who does not answer its heartbeats, and they are answered by whoever
    receives: a client that only asks now and then is cut off meanwhile, and connects anew when it asks."""

    def __init__(self, at):
        self._at = at
        self.dealer = Dealer(at)
        self._ids = itertools.count(1)

    def close(self):
        self.dealer.close()

    def send(self, header, bodies=()):
        self.dealer.send([VERSION, msgpack.packb(header), *bodies])

    def receive(self, seconds):
        """(header, bodies) of the next message from the device, or None if there is none in time."""
        message = self.dealer.receive(seconds)
        if message is None:
            return None
        version, header, *bodies = message
        if version != VERSION:
            raise AssertionError(f"the device speaks {version}")
        return msgpack.unpackb(header), bodies

    def request(self, op, bodies=(), **more):
        """Sends a request; returns its id."""
        number = next(self._ids)
        self.send({"op": op, "id": number, **more}, bodies)
        return number

    def call(self, op, bodies=(), patience=PATIENCE, **more):
        """Sends a request and returns its answer; whatever else comes meanwhile is passed over. ConnectionError: the
        connection ended before."""
        self._alive()
        number, limit = self.request(op, bodies, **more), time.monotonic() + patience
        while (left := limit - time.monotonic()) > 0:
            if self.dealer.ended:
                raise ConnectionError(f"the connection ended before {op} {more} was answered")
            got = self.receive(left)
            if got and (got[0].get("op"), got[0].get("id")) == (op, number):
                if "code" in got[0]:
                    raise Refused(got[0]["code"], got[0].get("text"))
                return got[0]
        raise TimeoutError(f"no answer to {op} {more} for {patience} s")

    def stat(self, queue):
        return self.call("stat", q=queue)["stat"]

    def _alive(self):
        """What came meanwhile is passed over; the end of the connection is among it."""
        while self.receive(0):
            pass
        if self.dealer.ended:
            self.close()
            self.dealer = Dealer(self._at)


def waiting(stat):
    return stat["ready"] + stat["leased"] + stat["delayed"]


class Participant(threading.Thread):
    """Lives until it is told to end. silence: seconds without a word after which it connects anew; None: never. patience: seconds
    that it waits for a word before it looks whether it was told to do something else."""

    def __init__(self, name, at, queue, record, silence=None, patience=0.02):
        super().__init__(name=name, daemon=True)
        self.at, self.queue, self.record, self.silence, self.patience = at, queue, record, silence, patience
        self.failed = None  # what ended it
        self._end, self._renew = threading.Event(), threading.Event()
        self._client = None
        self._heard = time.monotonic()

    def run(self):
        try:
            self._connect()
            while not self.over():
                self._connected()
                self._step()
                got = self._client.receive(self.patience)
                while got:
                    self._heard = time.monotonic()
                    self._take(*got)
                    got = self._client.receive(0)
            self._leave()
        except BaseException as why:  # told to whoever joins
            self.failed = why
            raise
        finally:
            self._client.close()

    def _connect(self):
        self._client = Client(self.at)

    def reconnect(self):
        """The device began anew: what is under way is lost."""
        self._renew.set()

    def end(self):
        self._end.set()

    def joined(self):
        """Waits for its end, which must be a good one."""
        self.join(PATIENCE)
        if self.is_alive() or self.failed:
            raise AssertionError(f"{self.name} did not end well: {self.failed}")

    def say(self, op, kind, message, **more):
        producer, seq = message
        self.record.say(op, kind, **{"p": self.name, "producer": producer, "seq": seq, "partition": self.queue, **more})

    def _connected(self):
        silent = self.silence and self._expects() and time.monotonic() - self._heard > self.silence
        if not self._renew.is_set() and not silent and not self._client.dealer.ended:
            return
        self._renew.clear()
        self._client.close()
        self._connect()
        self._heard = time.monotonic()
        if not self._client.dealer.ended:
            self._again()


class Producer(Participant):
    """Puts messages 1, 2, 3 … with at most `window` unconfirmed, and those again that a lost connection left open. The device
    knows these by their ids (dedup=True), by their numbers (dedup="numbers"), or not."""

    def __init__(self, name, at, queue, record, draw, window=32, dedup=True, count=None, size=200, properties=None, **more):
        super().__init__(name, at, queue, record, **more)
        self.confirmed = self.refused = 0  # messages
        self.answered = 0  # puts of which something was confirmed
        self.broken = None  # the error after which it gave up
        self.paused = False
        self._draw, self._window, self._dedup, self._count, self._size = draw, window, dedup, count, size
        self._properties = properties or {}
        self._next = 1
        self._open = collections.OrderedDict()  # request → [(seq, attempt, body)]
        self._left = []  # batches that a lost connection left open, and that were not put again yet

    def over(self):
        sent_all = self._count is not None and self._next > self._count
        return self.broken or (self._end.is_set() or sent_all) and not self._open

    def _expects(self):
        return bool(self._open)

    def _step(self):
        while (not self._end.is_set() and not self.paused and sum(map(len, self._open.values())) < self._window and
               (self._count is None or self._next <= self._count)):
            last = self._next + self._draw.randrange(1, 5)
            if self._count is not None:
                last = min(last, self._count + 1)
            batch = [(seq, 1, self._body(seq)) for seq in range(self._next, last)]
            self._next = last
            self._put(batch)

    def _body(self, seq):
        return b"%s %d " % (self.name.encode(), seq) + self._draw.randbytes(self._draw.randrange(self._size))

    def _put(self, batch):
        for seq, attempt, body in batch:
            self.say("send", "invoke", (self.name, seq), attempt=attempt, crc=binascii.crc32(body))
        self._open[self._request(batch)] = batch

    def _request(self, batch):
        by_id = self._dedup is True
        properties = [{**self._properties, **({"d": f"{self.name} {seq}"} if by_id else {})} for seq, *_ in batch]
        return self._client.request("put", [body for *_, body in batch], q=self.queue, make=True, m=properties,
                                    **(self._numbers(batch) if self._dedup == "numbers" else {}))

    def _numbers(self, batch):
        first = batch[0][0]
        unconfirmed = [sent[0][0] for sent in (*self._open.values(), *self._left)]
        return {"p": 1 + binascii.crc32(self.name.encode()), "n": first, "done": min([first, *unconfirmed])}

    def _place(self, header, index):
        """Where the device put the message of that index."""
        return {"offset": header["s"][index]}

    def _take(self, header, _):
        batch = self._open.pop(header.get("id"), None)
        if batch is None:
            return
        bad = {index: (code, text) for index, code, text in header.get("bad", ())}
        if "code" in header:
            bad = dict.fromkeys(range(len(batch)), (header["code"], header.get("text")))
        self.answered += len(bad) < len(batch)
        for index, (seq, attempt, _) in enumerate(batch):
            if index in bad:
                self._refused(seq, attempt, bad[index])
            else:
                self.confirmed += 1
                self.say("send", "ok", (self.name, seq), attempt=attempt, **self._place(header, index))

    def _refused(self, seq, attempt, error):
        uncertain = error[0] in UNCERTAIN
        self.refused += 1
        self.say("send", "info" if uncertain else "fail", (self.name, seq), attempt=attempt, why=error[0])
        if uncertain:
            self.broken = error
        pause(0.005)  # no hurry to be refused again

    def _again(self):
        self._left, self._open = list(self._open.values()), collections.OrderedDict()
        while self._left:
            batch = self._left.pop(0)
            for seq, attempt, _ in batch:
                self.say("send", "info", (self.name, seq), attempt=attempt)
            self._put([(seq, attempt + 1, body) for seq, attempt, body in batch])

    def _leave(self):
        for batch in self._open.values():
            for seq, attempt, _ in batch:
                self.say("send", "info", (self.name, seq), attempt=attempt)


class Consumer(Participant):
    """Takes messages and acknowledges them. verdict(message): "ack", "keep" (no answer at all), or how to nack."""

    def __init__(self, name, at, queue, record, credit=64, lease=30000, verdict=None, **more):
        super().__init__(name, at, queue, record, **more)
        self.taken = self.acknowledged = self.stale = 0
        self.times = []  # when each message came
        self._credit, self._lease = credit, lease
        self._verdict = verdict or (lambda message: "ack")
        self._asked = False
        self._open = {}  # request → [(message, token)]

    def over(self):
        return self._end.is_set()

    def _expects(self):
        return True

    def _step(self):
        if not self._asked:
            self._asked = True
            self._grant(self._credit)

    def _grant(self, count):
        self._client.send({"op": "get", "q": self.queue, "make": True, "id": 0, "n": count, "lease": self._lease})

    def _take(self, header, bodies):
        if header["op"] == "msg":
            self._messages(header, bodies)
        elif header["op"] in ("ack", "nack"):
            self._answered(header)
        elif "code" in header:
            raise Refused(header["code"], header.get("text"))

    def _messages(self, header, bodies):
        sorted_ = collections.defaultdict(list)
        for properties, body in zip(header["m"], bodies, strict=True):
            producer, seq, _ = body.split(b" ", 2)
            message, token = (producer.decode(), int(seq)), (properties["s"], properties["a"], header["e"])
            self.say("deliver", "ok", message, attempt=token[1], epoch=token[2], offset=token[0], crc=binascii.crc32(body))
            sorted_[self._verdict(message)].append((message, token))
        self.taken += len(bodies)
        self.times.append(time.monotonic())
        for verdict, messages in sorted_.items():
            if verdict != "keep":
                self._settle(verdict, messages, header["e"])
        if not self._renew.is_set():
            self._grant(len(bodies))

    def _settle(self, verdict, messages, epoch):
        tokens = {"s": [token[0] for _, token in messages], "a": [token[1] for _, token in messages], "e": epoch}
        if verdict == "ack":
            for message, token in messages:
                self.say("ack", "invoke", message, attempt=token[1], epoch=token[2], offset=token[0])
            self._open[self._client.request("ack", q=self.queue, **tokens)] = messages
        else:
            self._client.request("nack", q=self.queue, how=verdict, **tokens)

    def _answered(self, header):
        messages = self._open.pop(header["id"], ())
        bad = {index for index, *_ in header.get("bad", ())}
        if "code" in header:
            bad = set(range(len(messages)))
        for index, (message, token) in enumerate(messages):
            self.stale += index in bad
            self.acknowledged += index not in bad
            self.say("ack", "fail" if index in bad else "ok", message, attempt=token[1], epoch=token[2], offset=token[0])

    def _again(self):
        self._leave()
        self._open, self._asked = {}, False

    def _leave(self):
        for messages in self._open.values():
            for message, token in messages:
                self.say("ack", "info", message, attempt=token[1], epoch=token[2], offset=token[0])


def is_empty(client, queue):
    """Also a queue that never became durable, because the disk failed before."""
    try:
        return waiting(client.stat(queue)) == 0
    except Refused as why:
        if why.args[0] != "not_found":
            raise
        return True


def drain(at, queue, record):
    """Waits until the queue is empty; somebody must be consuming. Says so in the history."""
    client = Client(at)
    try:
        wait_until(lambda: is_empty(client, queue), f"{queue} is empty")
        record.say("drain", "ok", partition=queue, left=0)
    finally:
        client.close()
