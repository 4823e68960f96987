#!/usr/bin/env python3
"""queue_worker.py NAME AT QUEUE HISTORY LEASE CREDIT: a consumer in a process of its own, that can be stopped and killed.
SIGTERM ends it; then it prints what it did."""
import json
import signal
import sys

from queue_client import Consumer
from recorder import Recorder


def main():
    name, at, queue, history, lease, credit = sys.argv[1:]
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    record = Recorder(history)
    consumer = Consumer(name, at, queue, record, lease=int(lease), credit=int(credit))
    consumer.start()
    print("ready", flush=True)
    signal.sigwait({signal.SIGTERM})
    consumer.end()
    consumer.joined()
    record.close()
    print(json.dumps({"taken": consumer.taken, "acknowledged": consumer.acknowledged, "stale": consumer.stale}))


if __name__ == "__main__":
    main()
