"""Runs the real command, given by the environment variable WYE, for the integration tests.

Nothing here sleeps: a test waits for a line, for the end of a process, or for the end of its output, each with a limit far
beyond what a slow machine needs.
"""
import functools
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import unittest

WYE = os.environ.get("WYE", "wye")
PATIENCE = 50  # seconds
ENGINES = ("", "nng+")


class Process:
    """A running `wye VERB`. Its stderr is read all the time."""

    def __init__(self, *arguments, stdin=subprocess.DEVNULL, under=(), environment=None):
        """under: a command that runs it, as strace; environment: what is added to it."""
        self.popen = subprocess.Popen([*under, WYE, *arguments], stdin=stdin, stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE, env={**os.environ, **(environment or {})})
        self.errors = []
        self._lines = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.popen.stderr:
            text = line.decode(errors="replace").rstrip("\n")
            self.errors.append(text)
            self._lines.put(text)
        self._lines.put(None)

    def wait_for(self, start):
        """The rest of the next line on stderr that starts with `start`."""
        while True:
            line = self._lines.get(timeout=PATIENCE)
            if line is None:
                raise AssertionError(f"it ended without saying {start!r}: {self.errors}")
            if line.startswith(start):
                return line[len(start):]

    def bound(self):
        return self.wait_for("bound ")

    def write(self, data):
        self.popen.stdin.write(data)
        self.popen.stdin.flush()

    def read_line(self):
        return self.popen.stdout.readline()

    def finish(self):
        """Waits for the end; returns (status, stdout, stderr)."""
        if self.popen.stdin:
            self.popen.stdin.close()
        output = self.popen.stdout.read()
        status = self.popen.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return status, output, "\n".join(self.errors)

    def stop(self, how=signal.SIGTERM):
        self.popen.send_signal(how)
        return self.finish()

    def end(self):
        """For clean-up: makes sure that it is gone."""
        self.popen.kill()
        self.popen.wait(PATIENCE)
        self._reader.join(PATIENCE)
        for stream in (self.popen.stdin, self.popen.stdout, self.popen.stderr):
            if stream:
                stream.close()


def each_engine(test):
    """Runs a test once for each engine, with the prefix of its endpoints."""
    @functools.wraps(test)
    def run(self):
        for engine in ENGINES:
            with self.subTest(engine=engine or "zmq"):
                test(self, engine)
    return run


class CommandTest(unittest.TestCase):
    """With processes that end with the test, and a folder for ipc paths."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self._names = 0

    def url(self, engine):
        """A new ipc endpoint."""
        self._names += 1
        return f"{engine}ipc://{self.folder}/{self._names}"

    def start(self, *arguments, stdin=subprocess.DEVNULL):
        process = Process(*arguments, stdin=stdin)
        self.addCleanup(process.end)
        return process

    def publish_until_ended(self, publisher, subscriber):
        """The subscriber's end tells that the value has passed."""
        while subscriber.popen.poll() is None:
            publisher.write(b"value\n")
            try:
                subscriber.popen.wait(0.05)
            except subprocess.TimeoutExpired:
                pass

    def run_wye(self, *arguments, data=b""):
        """Runs to the end; returns (status, stdout, stderr)."""
        done = subprocess.run([WYE, *arguments], input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=PATIENCE, check=False)
        return done.returncode, done.stdout, done.stderr.decode(errors="replace")

    def ok(self, *arguments, data=b""):
        """Runs to the end, which must be a good one; returns stdout."""
        status, output, errors = self.run_wye(*arguments, data=data)
        self.assertEqual(status, 0, errors)
        return output

    def finished(self, process, status=0):
        """Waits for a process to end with this status; returns stdout."""
        got, output, errors = process.finish()
        self.assertEqual(got, status, errors)
        return output


def main():
    """Runs the tests of a script. Status 77, which ctest shows as skipped, if none failed and one can't be done here."""
    result = unittest.main(exit=False).result
    if not result.wasSuccessful():
        sys.exit(1)
    for test, why in result.skipped:
        print(f"SKIPPED {test}: {why}", file=sys.stderr)
    sys.exit(77 if result.skipped else 0)
