#!/usr/bin/env python3
"""Instructions for each message on the hot paths, counted by callgrind: nearly the same in every run, however busy the machine
is, so that a regression shows. Compares with what is recorded; --write records anew. Ends with 1 if a count has risen."""

import argparse
import json
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

RECORD = Path("docs/reference/instructions.json")
PAGE = Path("docs/reference/instructions.md")
PATTERNS = {"pushpull": "push → pull, send and receive", "pubsub": "publisher → subscriber, topic and body, send and receive",
            "reqrep": "request and reply, there and back"}
SIDES = ("zmq", "wye-zmq", "wye-nng", "wye-inproc", "wye-shm")
SIZES = (64, 1024)
MESSAGES = 3200
ALLOWED = 1.02

HEAD = """# Instructions per message

What one message costs in instructions of user space, in one thread that sends bursts of 32 and receives them, in memory
(`inproc`, `shm`), counted by callgrind. Unlike times, the counts are the same on a busy machine, so a regression shows.
They do not include the system, nor other threads, and say nothing of caches: they are for comparing a path with itself.

`./dev bench instructions` counts again, prints the difference from this page and ends with 1 if a count has risen by more
than 2 %; `./dev bench instructions --write` records the new counts here. Another compiler or another libzmq counts
differently: record before a change, and compare after it.

"""


def call(program, *args):
    return json.loads(subprocess.run([program, *args], capture_output=True, text=True, check=True).stdout)


def instructions(program, side, pattern, size, directory):
    out = Path(directory) / "callgrind.out"
    command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", "--toggle-collect=wye_bench_counted", program,
               "count", "--side", side, "--pattern", pattern, "--size", size, "--transport", "inproc", "--most", MESSAGES]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{side} {pattern} {size}: {done.stderr}")
    total = next(line for line in out.read_text().splitlines() if line.startswith(("summary:", "totals:")))
    return round(int(total.split()[1]) / MESSAGES)


def count_all(program):
    rows = []
    with tempfile.TemporaryDirectory(prefix="wye-bench-") as directory:
        for pattern in PATTERNS:
            for size in SIZES:
                for side in SIDES:
                    rows.append({"bench": pattern, "side": side, "size": size, "instructions": instructions(program, side, pattern, size, directory)})
                    print_row(rows[-1], None, flush=True)
    return rows


def key(row):
    return row["bench"], row["side"], row["size"]


def print_row(row, before, **how):
    change = f"  {row['instructions'] / before - 1:+.1%} from {before}" if before else ""
    print(f"{row['bench']:9} {row['side']:10} {row['size']:5} B {row['instructions']:7}{change}", **how)


def page(rows, versions):
    parts = [HEAD, f"Counted with {versions['compiler']}, libzmq {versions['libzmq']}, on {versions['machine']}.\n"]
    counts = {key(r): r["instructions"] for r in rows}
    for pattern, what in PATTERNS.items():
        parts.append(f"\n## {what}\n\n| size | raw libzmq | " + " | ".join(f"`{s}`" for s in SIDES[1:]) + " |\n|---|" + "---|" * len(SIDES) + "\n")
        for size in SIZES:
            parts.append(f"| {size} B | " + " | ".join(str(counts[pattern, s, size]) for s in SIDES) + " |\n")
    return "".join(parts)


def compare(rows, versions):
    """Returns the rows that have risen."""
    if not RECORD.exists():
        return []
    recorded = json.loads(RECORD.read_text())
    if recorded["versions"] != versions:
        print(f"recorded with other versions: {recorded['versions']}")
    before = {key(r): r["instructions"] for r in recorded["rows"]}
    print("\nbeside the record:")
    for row in rows:
        print_row(row, before.get(key(row)))
    return [r for r in rows if key(r) in before and r["instructions"] > ALLOWED * before[key(r)]]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, default=Path("build-bench"), help="where wye_bench was built, default: %(default)s")
    parser.add_argument("--write", action="store_true", help="record the counts")
    args = parser.parse_args()
    program = args.build / "tests/bench/wye_bench"
    versions = call(program, "versions") | {"machine": platform.machine()}
    rows = count_all(program)
    if args.write:
        RECORD.write_text(json.dumps({"versions": versions, "rows": rows}, indent=1) + "\n")
        PAGE.write_text(page(rows, versions))
        return 0
    risen = compare(rows, versions)
    for row in risen:
        print(f"risen: {row['bench']} {row['side']} {row['size']} B")
    return 1 if risen else 0


if __name__ == "__main__":
    sys.exit(main())
