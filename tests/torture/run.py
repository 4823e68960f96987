#!/usr/bin/env python3
"""Runs the tests of faults on durable devices and shared memory for as long as it is told, each time with another seed, and
adds what they found to a record from which the page of the report is written. Fails if one of them did."""
import argparse
import concurrent.futures
import datetime
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FAULTS = ROOT / "tests/faults"
RECORD = ROOT / "docs/reference/torture.json"
PAGE = ROOT / "docs/reference/torture.md"
ROWS = ("kill", "kill_at_syscall", "fsync_fails", "disk_full", "slow_disk", "partition", "reset_storm", "bad_network", "pause",
        "clock_jump", "stalled_consumer", "herd", "poison", "terminate", "upgrade", "log_kill", "log_kill_at_syscall",
        "log_fsync_fails", "log_disk_full", "log_pause", "log_partition", "shm_kill", "batch_kill")
ROUNDS = {"log_kill": 100, "log_fsync_fails": 50, "log_pause": 30, "log_partition": 8, "shm_kill": 60}  # where `./dev test` does less
POWER_LOSS = "power_loss"  # of the store, on the simulated disk: many seeds in one run of the unit tests
POWER_LOSSES = 50_000
SKIPPED = 77
LIMIT = 900  # seconds for one run
ANOMALIES = ("lost", "unexpected", "aborted", "duplicated", "returned", "acknowledged_twice", "out_of_order", "divergent",
             "liveness")

INTRODUCTION = """\
# Torture

The tests of faults on durable devices and shared memory (`tests/faults`), each with a new seed, again and again: `./dev torture --minutes 60`. Runs
add up: `torture.json` beside this page is the record, with the seed of every run, and this page is written from it.
`SEED=… ./dev test -R faults.NAME` runs one again; of the power losses, `WYE_SEEDS=SEED:1 ./dev test -R power_loss`. Cut, torn and
flipped bytes are tried exhaustively by `./dev test` (`unit.stores.damage`), so there is nothing to add here.

A failure stays in the record; whoever finds its cause adds it there.

What the columns mean, [histories](history.md) says. **Lost** to **other anomalies** must be 0; where no device keeps the messages, what was
in a killed process is not counted there, but none may come torn or twice. Recovered messages were never confirmed
and came nevertheless; repeated ones came again, marked as redelivered, or were sent again without deduplication.
"""


def main():
    options = parse()
    record = json.loads(RECORD.read_text()) if RECORD.exists() else {"seconds": 0, "tests": {}, "failures": []}
    lock, until = threading.Lock(), time.monotonic() + options.minutes * 60
    rows = options.row or available()
    before, began = len(record["failures"]), time.monotonic()
    print(f"{len(rows)} tests in turn for {options.minutes:g} minutes", flush=True)

    def work(which):
        place = which
        while time.monotonic() < until:
            finished = run(rows[place % len(rows)], options)
            with lock:
                add(record, *finished)
            place += options.jobs

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        list(pool.map(work, range(options.jobs)))
    record["seconds"] += round(time.monotonic() - began)
    page = page_of(record)
    print(page)
    if options.write:
        RECORD.write_text(json.dumps(record, indent=1) + "\n")
        PAGE.write_text(page)
    return 1 if len(record["failures"]) > before else 0


def parse():
    parser = argparse.ArgumentParser(prog="./dev torture", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10, metavar="M", help="no run begins later (10)")
    parser.add_argument("--row", metavar="NAME", action="append", choices=available(), help="one test; may be repeated")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), metavar="N", help="so many at a time")
    parser.add_argument("--write", action="store_true", help="add to docs/reference/torture.json, and write torture.md from it")
    parser.add_argument("--build", default=ROOT / "build", type=Path, help="where the command is")
    return parser.parse_args()


def available():
    return [POWER_LOSS, *(name for name in ROWS if (FAULTS / f"{name}.py").exists())]


def run(name, options):
    """(name, seed, exit status, the lines that it reported, the end of what it said)"""
    seed = random.SystemRandom().randrange(1 << 31)
    done = lose_power(seed, options) if name == POWER_LOSS else run_script(name, seed, options)
    word = {0: "passed", SKIPPED: "skipped"}.get(done[0], "FAILED")
    print(f"{word}: SEED={seed} {name}", flush=True)
    return name, seed, *done


def lose_power(seed, options):
    command = [options.build / "tests/wye_unit", "--source-file=*/power_loss_test.cpp", "--no-colors"]
    status, said = status_of(command, {**os.environ, "WYE_SEEDS": f"{seed}:{POWER_LOSSES}"})
    if f"{POWER_LOSSES} seeds from {seed}" not in said:
        status = status or -1
    wrong = len(re.findall("WYE_SEEDS=", said)) if status else 0
    line = {"row": "power loss, simulated disk", "cycles": POWER_LOSSES, "counts": {"faults": POWER_LOSSES},
            "anomalies": {"lost": wrong}}
    return status, [line], said


def run_script(name, seed, options):
    with tempfile.NamedTemporaryFile("r") as report:
        environment = {**os.environ, "SEED": str(seed), "REPORT": report.name, "WYE": str(options.build / "wye"),
                       "ROUNDS": str(ROUNDS.get(name, "")), "PYTHONPATH": str(ROOT / "tests/support"),
                       "PYTHONDONTWRITEBYTECODE": "1"}
        status, said = status_of([sys.executable, FAULTS / f"{name}.py"], environment)
        return status, [json.loads(line) for line in report], said


def status_of(command, environment):
    try:
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors="replace", timeout=LIMIT, check=False)
        return done.returncode, done.stdout[-4000:]
    except subprocess.TimeoutExpired as late:
        return -1, f"hung for {LIMIT} s\n{(late.stdout or b'')[-4000:]}"


def add(record, name, seed, status, lines, said):
    test = record["tests"].setdefault(name, {"runs": 0, "skipped": 0, "seeds": [], "rows": {}})
    if status == SKIPPED:
        test["skipped"] += 1
    else:
        test["runs"] += 1
        test["seeds"].append(seed)
    for line in lines:
        row = test["rows"].setdefault(line["row"], {})
        for key, value in {"cycles": line["cycles"], **line["counts"], **line["anomalies"]}.items():
            row[key] = row.get(key, 0) + value
    if status not in (0, SKIPPED):
        record["failures"].append({"test": name, "seed": seed, "when": f"{datetime.datetime.now():%F %R}",
                                   "said": said.replace(f"{ROOT}/", "")})


def page_of(record):
    tests = record["tests"]
    runs, skipped = sum(t["runs"] for t in tests.values()), [n for n, t in tests.items() if t["skipped"]]
    lines = [INTRODUCTION, f"So far: {record['seconds'] / 60:.0f} minutes, {runs} runs, {len(record['failures'])} failed.", ""]
    heads = ("fault", "test", "cycles", "faults fired", "confirmed", "delivered", "lost", "duplicated", "other anomalies",
             "recovered", "repeated")
    lines += [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for name, test in tests.items():
        for fault, row in test["rows"].items():
            numbers = " | ".join(f"{n:,}".replace(",", " ") for n in columns(row))
            test_name = "unit.stores.power_loss" if name == POWER_LOSS else f"faults.{name}"
            lines.append(f"| {fault} | `{test_name}` | {numbers} |")
    lines += ["", *(f"`faults.{name}` could not be done on this machine." for name in skipped)]
    for failure in record["failures"]:
        lines += [f"Failed: {replay(failure)}, {failure['when']}. {failure.get('cause', '**Cause not known.**')}", ""]
    return "\n".join(lines).rstrip() + "\n"


def replay(failure):
    if failure["test"] == POWER_LOSS:
        found = re.findall(r"WYE_SEEDS=(\d+:1)", failure["said"])
        return ", ".join(f"`WYE_SEEDS={seed} ./dev test -R power_loss`" for seed in found) or "power loss"
    return f"`SEED={failure['seed']} ./dev test -R faults.{failure['test']}`"


def columns(row):
    other = sum(row.get(name, 0) for name in ANOMALIES if name not in ("lost", "duplicated"))
    return [*(row.get(name, 0) for name in ("cycles", "faults", "sent", "delivered", "lost", "duplicated")), other,
            row.get("recovered", 0), row.get("repeated", 0)]


if __name__ == "__main__":
    sys.exit(main())
