"""What the tests of faults see of a running process, and how they wait for it: on a condition, with a limit."""
import json
import os
import pathlib
import random
import select
import signal
import socket
import sys
import threading
import time

from command import PATIENCE

TICK = os.sysconf("SC_CLK_TCK")
MIB = 1 << 20


def seeded():
    """A random generator; SEED in the environment replays a run."""
    seed = int(os.environ.get("SEED") or random.SystemRandom().randrange(1 << 32))
    script = pathlib.Path(sys.argv[0]).resolve()
    print(f"seed {seed}; replay: SEED={seed} ./dev test -R {script.parent.name}.{script.stem}", file=sys.stderr)
    draw = random.Random(seed)
    draw.seed_of_run = seed
    return draw


def resident(pid):
    """Bytes of memory that the process holds."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise AssertionError(f"process {pid} has ended")


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def processor_time(pid):
    """Seconds of processor that it has used."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def pause(seconds):
    """The pace of a fault, or of looking again. No test relies on its length."""
    select.select([], [], [], seconds)


def wait_until(holds, what):
    """Waits for a condition; `what` names it for whom it may concern."""
    limit = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > limit:
            raise AssertionError(f"waited in vain for: {what}")
        pause(0.02)


def statistics_of(device):
    """Of a device that runs with --json. SIGUSR1 asks for them."""
    device.popen.send_signal(signal.SIGUSR1)
    return json.loads('{"statistics"' + device.wait_for('{"statistics"'))["statistics"]


def ledger_of(errors):
    """The last ledger that a process with --json printed on stderr, before it ended."""
    lines = [line for line in errors.splitlines() if line.startswith('{"ledger"')]
    if not lines:
        raise AssertionError(f"no ledger: {errors}")
    return json.loads(lines[-1])["ledger"]


def connect(url, ready=True):
    """A raw connection to a tcp endpoint, of either engine, past its kernel's handshake."""
    host, _, port = url.rpartition("//")[2].rpartition(":")
    stream = socket.create_connection((host, int(port)), timeout=PATIENCE)
    stream.setblocking(not ready)
    return stream


class Lines(threading.Thread):
    """Takes the lines that a process prints, as they come."""

    def __init__(self, process):
        super().__init__(daemon=True)
        self.process = process
        self.taken = []
        self.start()

    def run(self):
        for line in self.process.popen.stdout:
            self.taken.append(line.rstrip(b"\n"))

    def rest(self, status=0):
        """Ends the process, which must end well, and returns all its lines and its stderr."""
        if self.process.popen.poll() is None:
            self.process.popen.send_signal(signal.SIGTERM)
        self.join(PATIENCE)
        got, _, errors = self.process.finish()
        if got != status:
            raise AssertionError(f"exit status {got}: {errors}")
        return self.taken, errors


class Asker:
    """A good client: `wye req`, asking one question after the other."""

    def __init__(self, process):
        self.process = process
        self.asked = 0

    def served(self):
        """Asks, and fails unless the echo comes back."""
        question = b"%d\n" % self.asked
        self.asked += 1
        self.process.write(question)
        if not select.select([self.process.popen.stdout], [], [], PATIENCE)[0]:
            raise AssertionError(f"a good client was not served: {self.process.errors}")
        answer = self.process.read_line()
        if answer != question:
            raise AssertionError(f"asked {question}, was answered {answer}: {self.process.errors}")


def report(row, cycles, **found):
    """A line for the report of `./dev torture`, where that runs this: `found` has counts, and anomalies if there can be any."""
    if os.environ.get("REPORT"):
        with open(os.environ["REPORT"], "a", encoding="utf-8") as lines:
            lines.write(json.dumps({"row": row, "cycles": cycles, "counts": {}, "anomalies": {}, **found}) + "\n")
