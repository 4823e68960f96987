#!/usr/bin/env python3
"""Wye beside the raw libraries, in one run: A and B in turn, medians of the pairs' ratios, a probe of the machine beside
every row. Prints a table, writes JSON and a plot. Fails only if a measurement does: messages lost, or a crash."""

import argparse
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time
from dataclasses import dataclass, field
from pathlib import Path

SIZES = (16, 64, 1024, 65536, 1048576)
TRANSPORTS = ("inproc", "ipc", "tcp")

CAPTIONS = {
    "throughput": "Throughput, push to pull, one way, messages/s. Counted at the receiver, from the first message to the last. "
                  "NNG: the calls that wait; the last column is against raw NNG with 64 operations in flight.",
    "batched": "Throughput as above, Wye with batches and the raw library without (NNG: with 64 operations in flight). Every queue "
               "of every side holds 10 000 messages.",
    "reqrep": "Round trip p50, µs: call() of a requester and serve() of a replier ÷ REQ/REP. Wye's carries a deadline, "
              "retry, request ids and duplicate suppression; REQ/REP has none of them.",
    "dealer": "Round trip p50, µs: dealer and router ÷ DEALER/ROUTER (NNG: raw req and raw rep). The same work on both sides.",
    "device": "Devices, messages/s through a process of their own, raw libzmq at both ends: Wye ÷ zmq_proxy. "
              "queue: 100 requests under way, two REP workers; queue/workers: two repliers that register; each gets one request "
              "at a time, so this is a round trip per request and worker.",
    "hop": "Round trip through a queue, µs added to a direct REQ/REP: Wye ÷ zmq_proxy.",
}


@dataclass
class Row:
    """One comparison: `ours` ÷ `theirs`, and `also` for information."""
    what: str
    name: str
    transport: str
    size: int
    ours: list
    theirs: list
    also: list = None
    most: int = 0
    results: dict = field(default_factory=dict)

    @property
    def title(self):
        return f"{self.what}/{self.name}/{self.transport}/{human_size(self.size)}"

    @property
    def metric(self):
        return "rate" if self.what in ("throughput", "batched", "device") else "p50"


def human_size(size):
    return f"{size} B" if size < 1024 else f"{size >> 10} KiB" if size < 1 << 20 else f"{size >> 20} MiB"


def rows(sizes, transports):
    for engine in ("zmq", "nng"):
        for transport in transports:
            for size in sizes:
                yield Row("throughput", engine, transport, size, ["throughput", "--side", "wye-" + engine],
                          ["throughput", "--side", engine], ["throughput", "--side", "nng-aio"] if engine == "nng" else None,
                          most=100_000 if engine == "nng" else 0)
    for engine, raw in (("zmq", "zmq"), ("nng", "nng-aio")):
        for transport in transports:
            for size in (64, 256, 1024):
                call, queue = ["throughput", "--side"], ["--queue", "10000"]
                yield Row("batched", engine, transport, size, call + ["wye-" + engine, "--batch", "yes"] + queue, call + [raw] + queue)
    for what in ("reqrep", "dealer"):
        for engine in ("zmq", "nng"):
            for transport in transports:
                for size in sizes:
                    yield Row(what, engine, transport, size, [what, "--side", "wye-" + engine], [what, "--side", engine])
    for device, side in (("forwarder", "wye"), ("streamer", "wye"), ("queue", "wye"), ("queue", "wye-workers")):
        for transport in [t for t in transports if t != "inproc"]:
            for size in (64, 1024):
                call = ["device", "--device", device, "--side"]
                yield Row("device", device + side[3:].replace("-", "/"), transport, size, call + [side], call + ["zmq_proxy"])
    for side in ("wye", "wye-workers"):
        for transport in [t for t in transports if t != "inproc"]:
            yield Row("hop", "queue" + side[3:].replace("-", "/"), transport, 64, ["hop", "--side", side],
                      ["hop", "--side", "zmq_proxy"], ["reqrep", "--side", "zmq"])


class Bench:
    def __init__(self, program, pairs, seconds):
        self.program, self.pairs, self.seconds = program, pairs, seconds

    def call(self, *args):
        done = subprocess.run([self.program, *map(str, args)], capture_output=True, text=True)
        if done.returncode != 0:
            why = done.stderr.strip() or f"ended by signal {-done.returncode}"
            raise RuntimeError(f"{' '.join(map(str, args))}: {why}")
        return json.loads(done.stdout)

    def measure(self, row):
        """Alternates, and changes who goes first, so that a machine that slows down favours neither."""
        common = ["--transport", row.transport, "--size", row.size, "--seconds", self.seconds]
        if row.most:
            common += ["--most", int(row.most * self.seconds)]
        sides = {"ours": row.ours, "theirs": row.theirs}
        if row.also:
            sides["also"] = row.also
        samples = {side: [] for side in sides}
        probes = [self.call("probe")["nanoseconds"]]
        for pair in range(self.pairs):
            for side in (sides if pair % 2 == 0 else reversed(list(sides))):
                samples[side].append(self.call(*sides[side], *common))
        probes.append(self.call("probe")["nanoseconds"])
        row.results = summary(row, samples, statistics.mean(probes))


def summary(row, samples, probe):
    """Medians of each side, and of the ratios of the pairs with their range."""
    def column(side, metric=row.metric):
        return [sample[metric] for sample in samples[side]]

    ours, theirs = column("ours"), column("theirs")
    result = {"ours": statistics.median(ours), "theirs": statistics.median(theirs), "probe_ns": probe}
    if row.what == "hop":  # also: the direct round trip, which is no device's work
        direct = statistics.median(column("also"))
        ours, theirs = [max(o - direct, 0.0) for o in ours], [max(t - direct, 1.0) for t in theirs]
        result |= {"direct": direct}
    ratios = [a / b for a, b in zip(ours, theirs)]
    result |= {"ratio": statistics.median(ratios), "lowest": min(ratios), "highest": max(ratios), "samples": samples}
    if row.what == "throughput" and row.also:
        result["ratio_to_aio"] = statistics.median(a / b for a, b in zip(ours, column("also")))
    if row.metric == "p50":
        result["ours_p99"], result["theirs_p99"] = (statistics.median(column(s, "p99")) for s in ("ours", "theirs"))
    return result


def rate(x):
    return f"{x / 1e6:.2f}M" if x >= 1e6 else f"{x / 1e3:.1f}k"


def line(row):
    r = row.results
    if row.metric == "rate":
        values = f"{rate(r['ours']):>8} ÷ {rate(r['theirs']):<8}"
        extra = f"aio {r['ratio_to_aio']:.2f}" if "ratio_to_aio" in r else ""
    else:
        values = f"{r['ours']:8.1f} ÷ {r['theirs']:<8.1f}"
        extra = f"p99 {r['ours_p99']:.0f} ÷ {r['theirs_p99']:.0f}"
        if "direct" in r:
            extra += f", direct {r['direct']:.1f}"
    return (f"{r['ratio']:6.2f}  [{r['lowest']:.2f} … {r['highest']:.2f}]  {row.name + ' ' + row.transport:22}"
            f"{human_size(row.size):>8}  {values}  probe {r['probe_ns']:4.0f} ns  {extra}").rstrip()


def machine(bench):
    """What the numbers depend on."""
    cpu = next((l.split(":", 1)[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), platform.machine())
    return {"cpu": cpu, "cores": os.cpu_count(), "kernel": platform.release(), "system": os_name()} | bench.call("versions")


def os_name():
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        return platform.system()


def plot(measured, card):
    """The ratios as SVG: one bar each on a logarithmic scale around 1, which is the raw library."""
    height, left, width, low, high = 15, 250, 560, 0.25, 4.0
    def x(ratio):
        share = math.log(min(max(ratio, low), high) / low) / math.log(high / low)
        return left + share * width

    parts, y = [], 44
    for what, caption in CAPTIONS.items():
        group = [r for r in measured if r.what == what]
        if not group:
            continue
        better = "more is better" if group[0].metric == "rate" else "less is better"
        parts.append(f'<text x="8" y="{y + 12}" class="h">{what}: {better}</text>')
        y += 20
        for row in group:
            r = row.results
            good = r["ratio"] >= 0.95 if row.metric == "rate" else r["ratio"] <= 1.05
            a, b = sorted((x(1), x(r["ratio"])))
            parts.append(f'<text x="{left - 8}" y="{y + 11}" text-anchor="end">{row.name} {row.transport} {human_size(row.size)}</text>'
                         f'<rect x="{a:.1f}" y="{y + 2}" width="{max(b - a, 1):.1f}" height="{height - 4}" class="{"good" if good else "bad"}"/>'
                         f'<line x1="{x(r["lowest"]):.1f}" x2="{x(r["highest"]):.1f}" y1="{y + 7.5}" y2="{y + 7.5}" class="range"/>'
                         f'<text x="{left + width + 8}" y="{y + 11}">{r["ratio"]:.2f}</text>')
            y += height
        y += 12
    grid = "".join(f'<line x1="{x(v):.1f}" x2="{x(v):.1f}" y1="36" y2="{y}" class="{"one" if v == 1 else "grid"}"/>'
                   f'<text x="{x(v):.1f}" y="32" text-anchor="middle">{v:g}</text>' for v in (0.25, 0.5, 1, 2, 4))
    style = ("text{font:11px sans-serif;fill:#222}.h{font-weight:bold}.good{fill:#3a8f5c}.bad{fill:#c8702a}"
             ".range{stroke:#222;stroke-width:1}.grid{stroke:#ddd}.one{stroke:#222}")
    title = f"Wye ÷ raw library · {card['cpu']}, {card['cores']} cores · libzmq {card['libzmq']}, nng {card['nng']}"
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 60}" height="{y + 8}"><style>{style}</style>'
            f'<rect width="100%" height="100%" fill="#fff"/><text x="8" y="16" class="h">{title}</text>{grid}{"".join(parts)}</svg>\n')


def save(out, card, measured, failures):
    out.parent.mkdir(parents=True, exist_ok=True)
    table = [{"what": r.what, "name": r.name, "transport": r.transport, "size": r.size, **r.results} for r in measured]
    out.write_text(json.dumps({"machine": card, "rows": table, "failures": failures}, indent=1) + "\n")
    out.with_suffix(".svg").write_text(plot(measured, card))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", nargs="*", default=[""],
                        help="only rows whose title WHAT/NAME/TRANSPORT/SIZE contains one of these, such as throughput/zmq/tcp")
    parser.add_argument("--build", type=Path, default=Path("build-bench"), help="where wye_bench was built, default: %(default)s")
    parser.add_argument("--out", type=Path, default=Path("bench-results/latest.json"), help="default: %(default)s, and .svg beside it")
    parser.add_argument("--pairs", type=int, default=5, help="default: %(default)s")
    parser.add_argument("--seconds", type=float, default=0.3, help="sending time of each measurement, default: %(default)s")
    parser.add_argument("--quick", action="store_true", help="three sizes, short measurements: a look within two minutes")
    return parser.parse_args()


def run(args):
    bench = Bench(args.build / "tests/bench/wye_bench", args.pairs, 0.1 if args.quick else args.seconds)
    card = machine(bench)
    print(" · ".join(f"{k} {v}" for k, v in card.items()))
    chosen = [r for r in rows((64, 1024, 65536) if args.quick else SIZES, TRANSPORTS) if any(name in r.title for name in args.name)]
    measured, failures, shown = [], [], None
    for row in chosen:
        if row.what != shown:
            shown = row.what
            print(f"\n{textwrap.fill(CAPTIONS[shown], 118)}\n ratio  [pairs' range]  ({'more' if row.metric == 'rate' else 'less'} is better)")
        try:
            bench.measure(row)
            measured.append(row)
            print(line(row), flush=True)
        except RuntimeError as why:
            failures.append(f"{row.title}: {why}")
            print(f"failed  {failures[-1]}", flush=True)
    save(args.out, card, measured, failures)
    print(f"\nwrote {args.out} and {args.out.with_suffix('.svg')}")
    return 1 if failures or not measured else 0


def main():
    args = arguments()
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="wye-bench-") as directory:
        os.environ["TMPDIR"] = directory  # ipc:// endpoints live here
        status = run(args)
    print(f"{time.monotonic() - started:.0f} s")
    return status


if __name__ == "__main__":
    sys.exit(main())
