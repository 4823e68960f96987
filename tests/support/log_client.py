"""Publishers and subscribers of a log (docs/reference/protocol/logs.md), for the tests of faults: they go on whatever happens to
the device, and record what they do and see.
"""
import binascii
import time

from observe import wait_until
from queue_client import Client, Consumer, Producer, Refused

TOPICS = 5  # of each publisher, so that its messages spread over the partitions
PARTITIONS = 3
SUB = 1  # the one subscription of a connection
MOST_BYTES = 64 << 20
AGAIN = 0.05  # seconds until an acknowledgement that was refused is tried again


def declare(client, stream):
    """Nobody waits for the answer: what follows on the connection comes after it. All topics go into the stream."""
    client.request("declare", stream=stream, set={"match": ["#"], "partitions": PARTITIONS})


def place(stream, partition):
    return f"{stream}/{partition}"


class Publisher(Producer):
    def _connect(self):
        super()._connect()
        declare(self._client, self.queue)

    def _request(self, batch):
        numbered = {"p": self.name} if self._dedup else {}
        items = [{"t": f"{self.name}.{seq % TOPICS}", **({"n": seq} if self._dedup else {})} for seq, *_ in batch]
        return self._client.request("pub", [body for *_, body in batch], m=items, **numbered)

    def _place(self, header, index):
        partitions = header.get("part")  # absent if all are 0
        return {"partition": place(self.queue, partitions[index] if partitions else 0), "offset": header["s"][index]}


class Subscriber(Consumer):
    """A durable one, or a member of a group; it begins at the first message. `group`, `durable`: the cursor's name."""

    def __init__(self, name, at, queue, record, durable="reader", group=None, **more):
        super().__init__(name, at, queue, record, **more)
        self._cursor = {"group": group} if group else {"durable": durable}
        self._epoch = 0  # the generation of a group; else which of our subscriptions it is: a delivery's token
        self._held = {}  # partition → [(sequence, message, token)], not acknowledged
        self._try_again = None  # when

    def say(self, op, kind, message, **more):
        super().say(op, kind, message, group=next(iter(self._cursor.values())), **more)

    def _step(self):
        if not self._asked:
            self._asked = True
            declare(self._client, self.queue)
            self._client.request("sub", sub=SUB, stream=self.queue, n=self._credit, bytes=MOST_BYTES, **{"from": "first"},
                                 **self._cursor)
        if self._try_again and time.monotonic() > self._try_again:
            self._try_again = None
            self._acknowledge()

    def _take(self, header, bodies):
        op = header["op"]
        if op == "msg":
            self._messages(header, bodies)
        elif op == "ack":
            self._answered(header)
        elif op == "assign":
            self._assigned(header)
        elif op in ("gap", "end") or "code" in header and op != "declare":
            raise Refused(header.get("code", op), header)
        elif op == "sub" and "durable" in self._cursor:
            self._epoch += 1

    def _assigned(self, header):
        self._epoch = header["gen"]
        mine = {partition for partition, _ in header.get("pos", ())}
        self._held = {partition: held for partition, held in self._held.items() if partition in mine}

    def _messages(self, header, bodies):
        partition = header.get("part", 0)
        for properties, body in zip(header["m"], bodies, strict=True):
            producer, seq, _ = body.split(b" ", 2)
            message = (producer.decode(), int(seq))
            where = {"partition": place(self.queue, partition), "offset": properties["s"], "epoch": self._epoch}
            self.say("deliver", "ok", message, crc=binascii.crc32(body), **where)
            self._held.setdefault(partition, []).append((properties["s"], message, where))
        self.taken += len(bodies)
        self.times.append(time.monotonic())
        self._client.send({"op": "credit", "sub": SUB, "n": len(bodies), "bytes": sum(map(len, bodies))})
        self._acknowledge()

    def _acknowledge(self):
        """What is held, unless an acknowledgement is under way: the rest follows its answer."""
        held = {partition: list(messages) for partition, messages in self._held.items() if messages}
        if not held or self._open:
            return
        for messages in held.values():
            for _, message, where in messages:
                self.say("ack", "invoke", message, **where)
        fence = {"gen": self._epoch} if "group" in self._cursor else {}
        ends = [[partition, messages[-1][0] + 1] for partition, messages in held.items()]
        self._open[self._client.request("ack", sub=SUB, pos=ends, **fence)] = held

    def _answered(self, header):
        refused = "code" in header
        for partition, messages in self._open.pop(header["id"], {}).items():
            for sequence, message, where in messages:
                self.stale += header.get("code") == "stale"
                self.acknowledged += not refused
                self.say("ack", "fail" if refused else "ok", message, **where)
            if not refused:
                kept = self._held.get(partition, ())
                self._held[partition] = [held for held in kept if held[0] > messages[-1][0]]
        if refused:
            self._try_again = time.monotonic() + AGAIN
        else:
            self._acknowledge()

    def _again(self):
        super()._again()
        self._held, self._try_again = {}, None

    def _leave(self):
        for held in self._open.values():
            for messages in held.values():
                for _, message, where in messages:
                    self.say("ack", "info", message, **where)


def lags(client, stream):
    """How far each cursor is behind: name → messages. None for a stream that never became durable."""
    try:
        found = client.call("stat", stream=stream)["streams"][0]
    except Refused as why:
        if why.args[0] != "not_found":
            raise
        return None
    return {cursor["name"]: cursor["lag"] for cursor in found.get("cursors", ())}


def drain_log(at, stream, cursors, record):
    """Waits until these cursors are at the end. Says so in the history."""
    client = Client(at)
    try:
        wait_until(lambda: caught_up(lags(client, stream), cursors), f"{cursors} are at the end of {stream}")
        for partition in range(PARTITIONS):
            record.say("drain", "ok", partition=place(stream, partition), left=0)
    finally:
        client.close()


def caught_up(found, cursors):
    return found is None or all(found.get(name) == 0 for name in cursors)
