"""What is compared: each comparison is some sides that do the same work, measured in turn, as ratios to the first."""

from dataclasses import dataclass, field

SIZES = (16, 64, 1024, 65536, 1048576)
QUICK_SIZES = (64, 1024, 65536)
TRANSPORTS = ("inproc", "ipc", "tcp")
NETWORK = ("ipc", "tcp")

CAPTIONS = {
    "throughput": "Throughput, push to pull, one way. Counted at the receiver, from the first message to the last. nng: the calls that "
                  "wait; nng-aio: 64 operations in flight; plain: a write of the system for each message; plain-packed: writes of 64 KiB; "
                  "memcpy: a copy into a ring.",
    "batched": "Throughput as above, Wye with batches and the raw library without (NNG: with 64 operations in flight). Every queue of "
               "every side holds 10 000 messages.",
    "reqrep": "Round trips, one after the other: call() of a requester and serve() of a replier ÷ REQ/REP. Wye's carries a deadline, "
              "retry, request ids and duplicate suppression; REQ/REP has none of them.",
    "dealer": "Round trips, one after the other: dealer and router ÷ DEALER/ROUTER (NNG: raw req and raw rep). The same work on both sides.",
    "latency": "Round trips in an open loop, push to pull and back: sent by a schedule, timed from when each should have been sent. "
               "wye-batched: with `batch`, which should not show at such a rate.",
    "device": "Devices in a process of their own, raw libzmq at both ends; CPU is the device's. queue: 100 requests under way, two REP "
              "workers; wye-workers: two repliers that register; each gets one request at a time, so this is a round trip per request. wye-batched: sockets of Wye with batches at "
              "both ends, every queue of 10 000 messages; zmq_proxy beside it has raw ends.",
    "fanout": "Publisher to 16 subscribers, lossless: received by all together.",
    "hop": "Round trip through a queue. Ratios are of what it adds to a direct REQ/REP.",
}


@dataclass
class Comparison:
    """Sides by name, each with the arguments that measure it; the first is what the others are divided by."""
    bench: str
    group: str
    transport: str
    size: int
    sides: dict
    extra: list = field(default_factory=list)
    minus: str = None   # the side whose median is taken off the others first
    most: int = 0       # messages each second, at most

    @property
    def title(self):
        return f"{self.bench}/{self.group}/{self.transport}/{human_size(self.size)}"

    @property
    def base(self):
        return next(iter(self.sides))

    @property
    def metric(self):
        return "rate" if self.bench in ("throughput", "batched", "device", "fanout") else "p50"


def human_size(size):
    return f"{size} B" if size < 1024 else f"{size >> 10} KiB" if size < 1 << 20 else f"{size >> 20} MiB"


def between_sockets(bench, group, transport, size, sides, **more):
    return Comparison(bench, group, transport, size, {side: [bench, "--side", side] for side in sides}, **more)


def throughput_sides(transport):
    return ["zmq", "cppzmq", "wye-zmq"] + (["wye-inproc", "memcpy"] if transport == "inproc" else ["plain", "plain-packed"])


def comparisons(sizes):
    """All, in the order of the table."""
    for transport in TRANSPORTS:
        for size in sizes:
            yield between_sockets("throughput", "zmq", transport, size, throughput_sides(transport))
    for transport in TRANSPORTS:
        for size in sizes:
            yield between_sockets("throughput", "nng", transport, size, ["nng-aio", "nng", "wye-nng"], most=100_000)
    for ours, raw in (("wye-zmq", "zmq"), ("wye-inproc", "zmq"), ("wye-nng", "nng-aio")):
        for transport in ("inproc",) if ours == "wye-inproc" else TRANSPORTS:
            for size in (64, 256, 1024):
                call, queue = ["throughput", "--side"], ["--queue", 10_000]
                yield Comparison("batched", raw, transport, size, {raw: [*call, raw, *queue], ours: [*call, ours, "--batch", "yes", *queue]})
    for transport in TRANSPORTS:
        for size in sizes:
            plain = ["plain"] if transport != "inproc" else []
            yield between_sockets("reqrep", "zmq", transport, size, ["zmq", "cppzmq", "wye-zmq"] + (plain or ["wye-inproc"]))
            yield between_sockets("reqrep", "nng", transport, size, ["nng", "wye-nng"])
    for transport in TRANSPORTS:
        for size in sizes:
            inproc = ["wye-inproc"] if transport == "inproc" else []
            yield between_sockets("dealer", "zmq", transport, size, ["zmq", "cppzmq", "wye-zmq"] + inproc)
            yield between_sockets("dealer", "nng", transport, size, ["nng", "wye-nng"])
    yield from shared_memory_comparisons()
    for rate in (1000, 10000):
        for transport in TRANSPORTS:
            plain = ["plain"] if transport != "inproc" else []
            for group, sides in (("zmq", ["zmq", "wye-zmq"] + plain), ("nng", ["nng", "wye-nng"])):
                yield between_sockets("latency", f"{group}@{rate}", transport, 64, sides, extra=["--rate", rate])
    for transport in NETWORK:
        call = ["latency", "--side"]
        yield Comparison("latency", "zmq@1000, batches allowed", transport, 64,
                         {"zmq": [*call, "zmq"], "wye-batched": [*call, "wye-zmq", "--batch", "yes"]}, extra=["--rate", 1000])
    for device, sides in (("forwarder", ["zmq_proxy", "wye"]), ("streamer", ["zmq_proxy", "wye"]),
                          ("queue", ["zmq_proxy", "wye", "wye-workers"])):
        for transport in NETWORK:
            for size in (64, 1024):
                yield Comparison("device", device, transport, size,
                                 {side: ["device", "--device", device, "--side", side] for side in sides})
    for device in ("forwarder", "streamer"):
        for transport in NETWORK:
            call = ["device", "--device", device, "--queue", 10_000, "--side"]
            yield Comparison("device", f"{device} of batches", transport, 64,
                             {"zmq_proxy": [*call, "zmq_proxy"], "wye-batched": [*call, "wye", "--batch", "yes"]})
    for transport in NETWORK:
        sides = {side: ["hop", "--side", side] for side in ("zmq_proxy", "wye", "wye-workers")}
        yield Comparison("hop", "queue", transport, 64, sides | {"direct": ["reqrep", "--side", "zmq"]}, minus="direct")


def shared_memory_comparisons():
    """Beside what libzmq does over ipc."""
    for size in (64, 1024, 16384, 1048576):
        sides = ["zmq", "shm"] + (["shm-loan"] if size == 1048576 else [])
        yield between_sockets("throughput", "shm", "ipc", size, sides)
    yield between_sockets("dealer", "shm", "ipc", 64, ["zmq", "shm-spin", "shm-block"])
    yield between_sockets("fanout", "shm", "ipc", 1024, ["zmq", "shm"])
    for bench in ("batched", "fanout"):
        call, queue = ["throughput" if bench == "batched" else bench, "--side"], ["--queue", 10_000]
        yield Comparison(bench, "shm of batches", "ipc", 64, {"zmq": [*call, "zmq", *queue], "shm-batched": [*call, "shm", "--batch", "yes", *queue]})


# bench, side, perhaps size, and the ratio to the first side that is wanted: at least for rates, at most for times.
TARGETS = {
    ("throughput", "wye-zmq"): 0.95, ("throughput", "wye-nng"): 1.0,
    ("throughput", "wye-inproc"): 3, ("batched", "wye-inproc"): 7,
    ("batched", "wye-zmq", 64): 5, ("batched", "wye-zmq", 256): 2.5, ("batched", "wye-zmq", 1024): 2, ("batched", "wye-nng", 64): 20,
    ("reqrep", "wye-zmq"): 1.05, ("reqrep", "wye-nng"): 1.05, ("dealer", "wye-zmq"): 1.05, ("dealer", "wye-nng"): 1.05,
    ("latency", "wye-zmq"): 1.05, ("latency", "wye-nng"): 1.05, ("latency", "wye-batched"): 1.05,
    ("throughput", "shm", 64): 5, ("throughput", "shm", 16384): 5, ("throughput", "shm", 1048576): 3,
    ("dealer", "shm-block"): 0.65, ("fanout", "shm"): 5,
    ("batched", "shm-batched"): 15, ("fanout", "shm-batched"): 15,
    ("device", "wye"): 1.0, ("device", "wye-batched"): 6, ("hop", "wye"): 0.7, ("hop", "wye-workers"): 0.7,
}
