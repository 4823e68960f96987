#!/usr/bin/env python3
"""queue_worker.py NAME AT QUEUE HISTORY CREDIT OPTIONS: a consumer in a process of its own, that can be stopped and killed;
OPTIONS, in JSON, are those of the class. With a group it is a subscriber of a log. SIGTERM ends it; then it prints what it
did."""
import json
import signal
import sys

from log_client import Subscriber
from queue_client import Consumer
from recorder import Recorder


def main():
    name, at, queue, history, credit, options = sys.argv[1:]
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    record = Recorder(history, buffering=1)
    more = json.loads(options)
    consumer = (Subscriber if "group" in more else Consumer)(name, at, queue, record, credit=int(credit), **more)
    consumer.start()
    print("ready", flush=True)
    signal.sigwait({signal.SIGTERM})
    consumer.end()
    consumer.joined()
    record.close()
    print(json.dumps({"taken": consumer.taken, "acknowledged": consumer.acknowledged, "stale": consumer.stale}))


if __name__ == "__main__":
    main()
