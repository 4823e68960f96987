#!/usr/bin/env python3
"""Durable queues side by side: Wye, RabbitMQ, NATS JetStream, Redis streams, and the bare probe, which is libzmq and a disk without
a broker. Each broker runs on loopback, with its data on the same file system, one after the other, in turn; one producer
with confirms in a window, one consumer that acknowledges, each a process of its own. Ratios are of the same round."""
import argparse
import contextlib
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent))
import plots

PATIENCE = 60  # seconds


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]


def wait_for_port(port, process):
    until = time.monotonic() + PATIENCE
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        if process.poll() is not None:
            raise RuntimeError(f"{process.args[0]} ended with {process.returncode}")
        if time.monotonic() > until:
            raise RuntimeError(f"{process.args[0]} does not listen after {PATIENCE} s")
        time.sleep(0.1)


@dataclass
class Broker:
    """A broker as configured: `side` is its client, `sync` says when its data is on the disk."""
    name: str
    side: str
    sync: str
    start: callable
    at: str = ""
    process: subprocess.Popen = None
    samples: list = field(default_factory=list)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.stdin.close()
            self.process.terminate()
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def spawn(command, **more):
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **more)


def start_redis(fsync):
    def start(folder, _):
        port = free_port()
        process = spawn(["redis-server", "--port", str(port), "--dir", str(folder), "--save", "", "--appendonly", "yes",
                         "--appendfsync", fsync])
        wait_for_port(port, process)
        return process, f"127.0.0.1:{port}"
    return start


def start_jetstream(folder, _):
    port = free_port()
    process = spawn(["nats-server", "--jetstream", "--store_dir", str(folder), "--port", str(port), "--addr", "127.0.0.1"])
    wait_for_port(port, process)
    return process, f"127.0.0.1:{port}"


def start_rabbitmq(folder, _):
    port = free_port()
    environment = os.environ | {
        "HOME": str(folder), "RABBITMQ_NODENAME": f"wye{port}@localhost", "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_DIST_PORT": str(free_port()), "RABBITMQ_MNESIA_BASE": str(folder), "RABBITMQ_LOG_BASE": str(folder),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"), "RABBITMQ_PID_FILE": str(folder / "pid"),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-rabbit disk_free_limit 50000000"}
    process = spawn(["/usr/lib/rabbitmq/bin/rabbitmq-server"], env=environment)
    wait_for_port(port, process)
    return process, f"127.0.0.1:{port}"


def start_probe(folder, programs):
    process = subprocess.Popen([programs.client, "serve-probe", str(folder / "log")], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True)
    return process, process.stdout.readline().strip()


def start_wye(sync):
    def start(folder, programs):
        process = subprocess.Popen([programs.wye, "queue", "--bind", "tcp://127.0.0.1:0", "--store", str(folder / "store"),
                                    "--sync", sync], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, text=True)
        for line in process.stderr:
            if line.startswith("bound "):
                return process, line.split()[1]
        raise RuntimeError("wye queue did not start")
    return start


def brokers():
    return [
        Broker("Wye, sync always", "wye", "each message and acknowledgement before its confirm", start_wye("always")),
        Broker("Wye, sync interval", "wye", "every 100 ms", start_wye("interval")),
        Broker("bare probe", "probe", "each message before its confirm and delivery", start_probe),
        Broker("RabbitMQ, classic durable", "rabbitmq", "before the confirm, acknowledgements later", start_rabbitmq),
        Broker("RabbitMQ, quorum", "quorum", "before the confirm", start_rabbitmq),
        Broker("JetStream, file", "jetstream", "every 2 minutes (its default)", start_jetstream),
        Broker("Redis stream, always", "redis", "before the reply (appendfsync always)", start_redis("always")),
        Broker("Redis stream, everysec", "redis", "every second (appendfsync everysec)", start_redis("everysec")),
    ]


class Bench:
    def __init__(self, programs, args):
        self.programs, self.args, self.serial = programs, args, 0

    def client(self, what, broker, options, **more):
        command = [self.programs.client, what, broker.side, broker.at, f"bench{self.serial}", *map(str, options)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)

    def measure(self, broker, size, *how):
        """A new queue, unless there is one, one producer, one consumer. Returns messages/s from the first put to the last acknowledgement, and latencies."""
        self.serial += 1
        options = ["--size", size, "--window", self.args.window, *how]
        self.outcome(self.client("declare", broker, options))
        consumer = self.client("consume", broker, options)
        producer = self.client("produce", broker, options)
        put, got = self.outcome(producer), self.outcome(consumer)
        if put["messages"] != got["messages"]:
            raise RuntimeError(f"{put['messages']} put, {got['messages']} taken")
        return {"rate": got["messages"] * 1e9 / (max(got["ended"], put["ended"]) - put["started"]), "p50": got["p50"], "p99": got["p99"]}

    @staticmethod
    def outcome(process, patience=PATIENCE):
        try:
            output, errors = process.communicate(timeout=patience)
        except subprocess.TimeoutExpired:
            process.kill()
            raise RuntimeError(f"{' '.join(map(str, process.args[1:4]))}: not over after {patience} s") from None
        if process.returncode != 0:
            raise RuntimeError(errors.strip() or f"ended with {process.returncode}")
        return json.loads(output) if output.strip() else {}


@dataclass
class Programs:
    client: Path
    wye: Path


def rounds(bench, chosen, size, count, folder):
    """Each broker alone on the machine, in turn, `count` times."""
    for turn in range(count):
        for broker in chosen:
            place = Path(tempfile.mkdtemp(dir=folder))
            try:
                broker.process, broker.at = broker.start(place, bench.programs)
                sample = bench.measure(broker, size, "--seconds", bench.args.seconds)
                slow = bench.measure(broker, size, "--count", 500, "--rate", 500)
                broker.samples.append(sample | {"p50": slow["p50"], "p99": slow["p99"]})
            except RuntimeError as why:
                print(f"failed  {broker.name}: {why}", flush=True)
                broker.samples.append(None)
            finally:
                broker.stop()
                shutil.rmtree(place, ignore_errors=True)


def table(chosen, size):
    """Ratios are of the same turn; the first one is what the others are compared with."""
    print(f"\n{size} B, messages/s through put, get and ack; ratio: {chosen[0].name} ÷ it; latency put → got at 500 messages/s")
    rows = []
    for broker in chosen:
        good = [s for s in broker.samples if s]
        if not good:
            continue
        ratios = [a["rate"] / b["rate"] for a, b in zip(chosen[0].samples, broker.samples) if a and b]
        row = {"name": broker.name, "sync": broker.sync, "size": size, "rate": statistics.median(s["rate"] for s in good),
               "ratio": statistics.median(ratios) if ratios else None, "lowest": min(ratios, default=None),
               "highest": max(ratios, default=None), "p50": statistics.median(s["p50"] for s in good),
               "p99": statistics.median(s["p99"] for s in good), "samples": broker.samples}
        rows.append(row)
        ratio = f"{row['ratio']:6.2f} [{row['lowest']:.2f} … {row['highest']:.2f}]" if ratios else "     -"
        print(f"{row['rate'] / 1e3:9.1f}k  {ratio:24} {broker.name:27} p50 {row['p50']:6.0f} µs  p99 {row['p99']:6.0f} µs  "
              f"synced {broker.sync}", flush=True)
    return rows


def save(args, rows):
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps({"window": args.window, "rows": rows}, indent=1) + "\n")
    print(f"\nwrote {args.out}")


def resident(pid):
    """Bytes of memory that are the process's own: mapped files are the kernel's to take back."""
    for line in open(f"/proc/{pid}/status"):
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    return 0


def depths(bench, broker, size, folder):
    """The same work beside 10³ … messages that wait, the oldest taken and as many put: the rate should not fall, the memory grow
    little."""
    print(f"\n{size} B, {broker.name}: messages/s through put, get and ack beside messages that wait, median [range] of {bench.args.turns}")
    rows = []
    for depth in bench.args.depth:
        place = Path(tempfile.mkdtemp(dir=folder))
        try:
            broker.process, broker.at = broker.start(place, bench.programs)
            before = resident(broker.process.pid)
            bench.serial += 1
            queue = ["--size", size, "--window", 10_000]
            bench.outcome(bench.client("declare", broker, queue))
            filled = bench.outcome(bench.client("produce", broker, [*queue, "--count", depth]), 600)
            memory = resident(broker.process.pid) - before
            samples = []
            for _ in range(bench.args.turns):
                bench.serial -= 1  # the same queue
                samples.append(bench.measure(broker, size, "--count", bench.args.beside)["rate"])
            row = {"depth": depth, "size": size, "rate": statistics.median(samples), "lowest": min(samples), "highest": max(samples),
                   "fill": depth * 1e9 / (filled["ended"] - filled["started"]), "memory": memory}
            rows.append(row)
            print(f"{depth:>10} waiting: {row['rate'] / 1e3:8.1f}k [{row['lowest'] / 1e3:.1f}k … {row['highest'] / 1e3:.1f}k]   filled at "
                  f"{row['fill'] / 1e3:8.1f}k   memory {memory / 2**20:7.1f} MiB, {memory / depth:6.1f} B each", flush=True)
        finally:
            broker.stop()
            shutil.rmtree(place, ignore_errors=True)
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", nargs="*", default=[""], help="only brokers whose name contains one of these, such as Redis")
    parser.add_argument("--build", type=Path, default=Path("build-bench"))
    parser.add_argument("--out", type=Path, help="bench-results/brokers.json, or depth.json with its plot beside it")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2, help="of putting, in each measurement")
    parser.add_argument("--window", type=int, default=500)
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 1024])
    parser.add_argument("--data", type=Path, default=Path("bench-results"), help="where the brokers keep their data: on the disk to be measured")
    parser.add_argument("--depth", type=int, nargs="+", help="instead: Wye beside so many waiting messages, such as 1000 100000 10000000")
    parser.add_argument("--beside", type=int, default=200_000, help="messages of each such measurement")
    args = parser.parse_args()
    args.out = args.out or Path("bench-results") / ("depth.json" if args.depth else "brokers.json")
    bench = Bench(Programs((args.build / "tests/bench/wye_broker_bench").resolve(), (args.build / "wye").resolve()), args)
    args.data.mkdir(parents=True, exist_ok=True)
    rows, failed = [], False
    if args.depth:
        with tempfile.TemporaryDirectory(dir=args.data.resolve()) as folder:
            rows = depths(bench, brokers()[0], args.sizes[0], Path(folder))
        save(args, rows)
        plot = args.out.with_suffix(".svg")
        plot.write_text(plots.depth(rows, f"Wye, put → get → ack beside messages that wait, {args.sizes[0]} B, each flushed; messages/s"))
        print(f"wrote {plot}")
        return 0
    for size in args.sizes:
        chosen = [b for b in brokers() if any(name in b.name for name in args.name)]
        with tempfile.TemporaryDirectory(dir=args.data.resolve()) as folder:
            rounds(bench, chosen, size, args.turns, Path(folder))
        rows += table(chosen, size)
        failed |= any(s is None for b in chosen for s in b.samples)
    save(args, rows)
    return 1 if failed or not rows else 0


if __name__ == "__main__":
    sys.exit(main())
