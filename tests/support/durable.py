"""What the tests of faults on durable queues share: a device over a directory, its clients, and the judgement at the end."""
import fileinput
import glob
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

import history
import queue_worker
from command import PATIENCE, CommandTest, Process
from observe import report, seeded, wait_until
from queue_client import Client, Consumer, Producer, drain
from recorder import Recorder

QUEUE = "q"


def rounds(usual):
    """How often a test injects its fault. ROUNDS in the environment changes it."""
    return int(os.environ.get("ROUNDS") or usual)


class DurableTest(CommandTest):
    def setUp(self):
        super().setUp()
        self.draw = seeded()
        self.at = f"ipc://{self.folder}/queue"
        self.store = f"{self.folder}/store"
        self.record = Recorder(f"{self.folder}/history")
        self.addCleanup(self.record.close)
        self.clients = []
        self.addCleanup(self.abandon)

    # --- the device -----------------------------------------------------------------------------------------------------

    def begin(self, *options, under=(), sync="always", environment=None):
        """Starts it, and does not wait until it listens; `under`: a command that runs it, as strace."""
        process = Process(*self.command(), "--store", self.store, "--sync", sync, *options, under=under,
                          environment=environment)
        self.addCleanup(process.end)
        return process

    def command(self):
        return "queue", "--bind", self.at

    def device(self, *options, **more):
        process = self.begin(*options, **more)
        process.url = process.bound()
        return process

    def listens(self, device):
        """Whether one that began comes to that; else it has ended."""
        try:
            return bool(device.bound())
        except AssertionError:
            return False

    def killed(self, device):
        """kill -9; the device is gone afterwards."""
        self.record.say("fault", "invoke", name="kill")
        device.popen.kill()
        self.record.say("fault", "ok" if device.popen.wait(PATIENCE) == -signal.SIGKILL else "fail", name="kill")

    def stopped(self, process, name):
        """SIGSTOP; it stands still afterwards."""
        self.record.say("fault", "invoke", name=name)
        process.send_signal(signal.SIGSTOP)
        state = Path(f"/proc/{process.pid}/stat")
        wait_until(lambda: state.read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "T", "it stands still")
        self.record.say("fault", "ok", name=name)

    def control(self):
        client = Client(self.at)
        self.addCleanup(client.close)
        return client

    # --- clients --------------------------------------------------------------------------------------------------------

    def produce(self, name="P", kind=Producer, **more):
        draw = random.Random(self.draw.random())  # of its own, so that the faults do not depend on its pace
        return self.client(kind(name, **self.usual(more), draw=draw, **more))

    def consume(self, name="C", kind=Consumer, **more):
        return self.client(kind(name, **self.usual(more), **more))

    def usual(self, more):
        return {name: more.pop(name, usual) for name, usual in
                (("at", self.at), ("queue", QUEUE), ("record", self.record))}

    def worker(self, name, queue=QUEUE, credit=16, **more):
        """A consumer in a process of its own."""
        arguments = name, self.at, queue, f"{self.record.path}.{name}", credit, json.dumps(more)
        process = subprocess.Popen([sys.executable, queue_worker.__file__, *map(str, arguments)], stdout=subprocess.PIPE)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait, PATIENCE)
        self.addCleanup(process.kill)
        process.stdout.readline()
        return process

    def ended(self, worker):
        """Ends it; what it says."""
        worker.terminate()
        output = worker.communicate(timeout=PATIENCE)[0]
        self.assertEqual(worker.returncode, 0)
        return output

    def client(self, client):
        """Starts one and ends it with the test."""
        self.clients.append(client)
        client.start()
        return client

    def reconnect(self):
        for client in self.clients:
            client.reconnect()

    def finish(self, queue=QUEUE):
        """Producers have everything confirmed, consumers take all that is left. The device must be there."""
        producers = [c for c in self.clients if isinstance(c, Producer)]
        for producer in producers:
            producer.end()
        for producer in producers:
            producer.joined()
        self.drain(queue)
        for consumer in self.clients:
            consumer.end()
        for consumer in self.clients:
            consumer.joined()
        self.clients.clear()

    def drain(self, queue):
        drain(self.at, queue, self.record)

    def abandon(self):
        for client in self.clients:
            client.end()
            client.broken = "the test is over"
        for client in self.clients:
            client.join(PATIENCE)

    # --- the judgement --------------------------------------------------------------------------------------------------

    def judge(self, row, cycles, **promise):
        """Of the history so far, which must be valid. One line for the report."""
        self.record.flush()
        others = sorted(glob.glob(f"{self.record.path}.*"))  # of processes of their own
        with fileinput.input([self.record.path, *others], encoding="ascii") as lines:
            verdict = history.check(lines, history.Promise(**promise))
        if verdict.verdict != "valid":
            self.keep()
        print(f"{row}: {cycles} cycles, {verdict}", file=sys.stderr)
        report(row, cycles, seed=self.seed(), **asdict(verdict))
        self.assertEqual(verdict.verdict, "valid", verdict)
        return verdict

    def seed(self):
        return self.draw.seed_of_run

    def keep(self):
        """The history and the store of a failure."""
        place = tempfile.mkdtemp(prefix="wye-failed-", dir=os.environ.get("KEEP"))
        for name in os.listdir(self.folder):
            if os.path.isdir(f"{self.folder}/{name}"):
                shutil.copytree(f"{self.folder}/{name}", f"{place}/{name}")
            elif os.path.isfile(f"{self.folder}/{name}"):
                shutil.copy(f"{self.folder}/{name}", place)
        print(f"kept in {place}", file=sys.stderr)
