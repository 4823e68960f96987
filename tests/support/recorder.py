"""Writes a history (docs/reference/history.md): one line for each thing that a client did or saw."""
import json
import threading
import time


class Recorder:
    """For all threads of a test."""

    def __init__(self, path, buffering=-1):
        """buffering: as that of open; 1 for a process that may be killed."""
        self.path = path
        self._file = open(path, "a", buffering, encoding="ascii")
        self._lock = threading.Lock()

    def say(self, op, kind, **more):
        with self._lock:
            self._file.write(json.dumps({"t": time.monotonic_ns(), "op": op, "type": kind, **more}) + "\n")

    def flush(self):
        with self._lock:
            self._file.flush()

    def close(self):
        self._file.close()
