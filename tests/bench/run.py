#!/usr/bin/env python3
"""Wye beside the raw libraries, in one run: the sides in turn, medians, ratios of neighbours in time, a probe of the machine
beside every comparison. Prints a table, writes JSON and plots. Fails only if a measurement does: messages lost, or a crash."""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

import machine
import plots
from comparisons import CAPTIONS, QUICK_SIZES, SIZES, TARGETS, comparisons, human_size


class Bench:
    def __init__(self, program, pairs, seconds):
        self.program, self.pairs, self.seconds = program, pairs, seconds

    def call(self, *args):
        done = subprocess.run([self.program, *map(str, args)], capture_output=True, text=True)
        if done.returncode != 0:
            why = done.stderr.strip() or f"ended by signal {-done.returncode}"
            raise RuntimeError(f"{' '.join(map(str, args))}: {why}")
        return json.loads(done.stdout)

    def measure(self, c):
        """The rows of a comparison. Alternates, and changes who goes first, so that a machine that slows down favours nobody."""
        common = ["--transport", c.transport, "--size", c.size, "--seconds", self.seconds, *c.extra]
        if c.most:
            common += ["--most", int(c.most * self.seconds)]
        samples = {side: [] for side in c.sides}
        probes = [self.call("probe")["nanoseconds"]]
        for pair in range(self.pairs):
            for side in (c.sides if pair % 2 == 0 else reversed(list(c.sides))):
                samples[side].append(self.call(*c.sides[side], *common))
        probes.append(self.call("probe")["nanoseconds"])
        return [row(c, side, samples, statistics.mean(probes)) for side in c.sides]


def row(c, side, samples, probe):
    """Medians of a side, and of its ratios to the first side, with their range."""
    def column(of, metric):
        return [sample[metric] for sample in samples[of]]

    result = {"bench": c.bench, "group": c.group, "side": side, "transport": c.transport, "size": c.size, "base": c.base,
              "probe_ns": round(probe, 1)}
    for metric in ("rate", "p50", "p99", "p999", "max", "cpu_ns"):
        if metric in samples[side][0]:
            result[metric] = statistics.median(column(side, metric))
    if "rate" in result:
        result["mb_s"] = result["rate"] * c.size / 1e6
    taken_off = statistics.median(column(c.minus, c.metric)) if c.minus else 0
    ours, theirs = ([max(v - taken_off, 0.1) for v in column(s, c.metric)] for s in (side, c.base))
    if c.minus:
        result["added"] = max(result[c.metric] - taken_off, 0)
    ratios = [a / b for a, b in zip(ours, theirs)]
    if side not in (c.base, c.minus):
        result |= {"ratio": statistics.median(ratios), "lowest": min(ratios), "highest": max(ratios)} | judged(c, side, statistics.median(ratios))
    return result | {"samples": samples[side]}


def judged(c, side, ratio):
    target = TARGETS.get((c.bench, side, c.size), TARGETS.get((c.bench, side)))
    if target is None:
        return {}
    return {"target": target, "met": ratio >= target if c.metric == "rate" else ratio <= target}


HEADINGS = {"rate": f"{'messages/s':>11} {'MB/s':>9} {'CPU ns':>9}", "p50": f"{'p50 µs':>9} {'p99':>8} {'p99.9':>9} {'max':>9} {'CPU ns':>9}"}


def line(r):
    if "rate" in r:
        values = f"{rate(r['rate']):>11} {r['mb_s']:9.1f} {r['cpu_ns']:9.0f}"
    else:
        values = f"{r['p50']:9.1f} {r['p99']:8.1f} {r['p999']:9.1f} {r['max']:9.1f} {r['cpu_ns']:9.0f}"
    ratio = f"{r['ratio']:6.2f}  [{r['lowest']:.2f} … {r['highest']:.2f}]" if "ratio" in r else "     1"
    extra = f"  adds {r['added']:.1f} µs" if "added" in r and "ratio" in r or r.get("added") else ""
    miss = f"  below the target {r['target']}" if r.get("met") is False and "rate" in r else \
           f"  above the target {r['target']}" if r.get("met") is False else ""
    return f"  {r['side']:13} {values}  {ratio}{extra}{miss}"


def rate(x):
    return f"{x / 1e6:.2f}M" if x >= 1e6 else f"{x / 1e3:.1f}k"


def save(out, card, rows, failures):
    """The JSON, and beside it a plot for each view."""
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps({"machine": card, "rows": rows, "failures": failures}, indent=1) + "\n")
    written = [out]
    for name, svg in plots.draw(rows, card, CAPTIONS).items():
        written.append(out.with_name(f"{out.stem}-{name}.svg"))
        written[-1].write_text(svg)
    return written


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", nargs="*", default=[""],
                        help="only comparisons whose title BENCH/GROUP/TRANSPORT/SIZE contains one of these, such as throughput/zmq/tcp")
    parser.add_argument("--build", type=Path, default=Path("build-bench"), help="where wye_bench was built, default: %(default)s")
    parser.add_argument("--out", type=Path, default=Path("bench-results/latest.json"), help="default: %(default)s, and the plots beside it")
    parser.add_argument("--pairs", type=int, help="how often each side is measured, default: 5")
    parser.add_argument("--seconds", type=float, help="sending time of each measurement, default: 0.3")
    parser.add_argument("--quick", action="store_true", help="three sizes, three short measurements each: a look within a few minutes")
    args = parser.parse_args()
    args.pairs = args.pairs or (3 if args.quick else 5)
    args.seconds = args.seconds or (0.1 if args.quick else 0.3)
    return args


def heading(c):
    better = "more" if c.metric == "rate" else "less"
    return (f"\n{textwrap.fill(CAPTIONS[c.bench], 118)}\n  {'side':13} {HEADINGS[c.metric]}   ratio  [range of the pairs], {better} is better")


def run(args):
    bench = Bench(args.build / "tests/bench/wye_bench", args.pairs, args.seconds)
    card = machine.card(bench.call("versions"))
    print(" · ".join(f"{k} {v}" for k, v in card.items()))
    rows, failures, shown = [], [], None
    for c in comparisons(QUICK_SIZES if args.quick else SIZES):
        if not any(name in c.title for name in args.name):
            continue
        if c.bench != shown:
            shown = c.bench
            print(heading(c))
        try:
            measured = bench.measure(c)
        except RuntimeError as why:
            failures.append(f"{c.title}: {why}")
            print(f"failed  {failures[-1]}", flush=True)
            continue
        rows += measured
        print(f"{c.group} {c.transport} {human_size(c.size)} · probe {measured[0]['probe_ns']:.0f} ns")
        print("\n".join(map(line, measured)), flush=True)
    missed = [r for r in rows if r.get("met") is False]
    print(f"\n{sum('target' in r for r in rows)} ratios have a target, {len(missed)} miss it")
    print("wrote", *save(args.out, card, rows, failures))
    return 1 if failures or not rows else 0


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
