#!/usr/bin/env python3
"""Many peers on one socket or device: that they all work, how long they take to connect, and what each costs in memory, and
each message that waits. Prints a table and writes JSON. Fails only if a peer is not served."""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import machine

WORK = {"pull": "each peer pushes one message", "router": "each peer asks, and gets its answer", "publisher": "each peer gets each publication",
        "streamer": "a device's frontend: each peer pushes one message", "forwarder": "a device's backend: each peer gets each publication"}


def call(program, *args):
    done = subprocess.run([program, *map(str, args)], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, args))}: {done.stderr.strip() or f'ended by signal {-done.returncode}'}")
    return json.loads(done.stdout)


def crowds(program, many, some, failures):
    print(f"  {'side':8} {'what':10} {'peers':>6} {'connected in':>13} {'memory each':>12} {'messages/s':>11}")
    for side in ("wye-zmq", "wye-nng"):
        for what in WORK:
            peers = some if what in ("publisher", "forwarder") else many
            try:
                got = call(program, "scale", "--side", side, "--pattern", what, "--peers", peers, "--transport", "inproc")
            except RuntimeError as why:
                failures.append(str(why))
                print(f"failed  {why}", flush=True)
                continue
            print(f"  {side:8} {what:10} {peers:6} {got['connect_s']:11.2f} s {got['bytes_per_peer'] / 1024:8.1f} KiB {got['rate']:11.0f}", flush=True)
            yield {"bench": "scale", "side": side, "what": what, "transport": "tcp"} | got


def queues(program, failures):
    print(f"\n  {'side':8} {'size':>6} {'memory of a message that waits':>31}")
    for side in ("wye-zmq", "wye-nng"):
        for size in (16, 64, 1024):
            try:
                got = call(program, "queued", "--side", side, "--size", size, "--transport", "tcp")
            except RuntimeError as why:
                failures.append(str(why))
                print(f"failed  {why}", flush=True)
                continue
            print(f"  {side:8} {size:4} B {got['bytes_per_message']:29.0f} B", flush=True)
            yield {"bench": "queued", "side": side, "transport": "tcp", "size": size} | got


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, default=Path("build-bench"), help="where wye_bench was built, default: %(default)s")
    parser.add_argument("--out", type=Path, default=Path("bench-results/scale.json"), help="default: %(default)s")
    parser.add_argument("--peers", type=int, default=10000, help="of one socket or device, default: %(default)s; each takes a file descriptor "
                        "here and one in the process of the peers")
    parser.add_argument("--subscribers", type=int, default=1000, help="of one publisher or forwarder, default: %(default)s")
    args = parser.parse_args()
    program = args.build / "tests/bench/wye_bench"
    card = machine.card(call(program, "versions"))
    print(" · ".join(f"{k} {v}" for k, v in card.items()) + "\n")
    failures = []
    rows = [*crowds(program, args.peers, args.subscribers, failures), *queues(program, failures)]
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps({"machine": card, "rows": rows, "failures": failures}, indent=1) + "\n")
    print("\nwrote", args.out)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
