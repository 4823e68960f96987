#!/usr/bin/env python3
"""A disk that runs full under a durable queue: puts are refused, messages are delivered and acknowledged, and it goes on by
itself when there is room."""
import errno
import os
import resource
import subprocess

from command import main
from durable import QUEUE, DurableTest, rounds
from observe import MIB, statistics_of, wait_until
from queue_client import waiting

RESUMES = 5  # seconds after there is room


class DiskFull(DurableTest):
    size = 64 * MIB
    times = 20

    def small_disk(self):
        self.disk = f"{self.folder}/disk"
        os.mkdir(self.disk)
        if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={self.size}", "none", self.disk],
                                               stderr=subprocess.DEVNULL, check=False).returncode != 0:
            self.skipTest("only root may mount a small disk")
        self.addCleanup(subprocess.run, ["umount", "--lazy", self.disk], check=True)
        self.store = f"{self.disk}/store"

    def fill(self):
        """All but a random rest, that may be nothing."""
        rest = self.draw.choice((0, 1, 5)) * MIB
        size = self.size
        with open(f"{self.disk}/ballast", "wb") as ballast:
            while size >= 4096:  # the device takes some meanwhile
                room = os.statvfs(self.disk)
                size = min(size // 2, room.f_bavail * room.f_bsize - rest)
                try:
                    os.posix_fallocate(ballast.fileno(), ballast.seek(0, os.SEEK_END), max(size, 1))
                except OSError as error:
                    self.assertEqual(error.errno, errno.ENOSPC)

    def empty(self):
        os.unlink(f"{self.disk}/ballast")

    def cycle(self, producer, fill, empty):
        refused = producer.refused
        self.record.say("fault", "invoke", name="full")
        fill()
        wait_until(lambda: producer.refused > refused, "a put is refused")
        self.record.say("fault", "ok", name="full")
        producer.paused = True
        wait_until(lambda: self.served(producer), "what is there is delivered")
        empty()
        self.record.say("heal", "ok")
        confirmed = producer.confirmed
        producer.paused = False
        wait_until(lambda: producer.confirmed > confirmed, "it goes on")

    def served(self, _):
        """Acknowledged, too."""
        return waiting(self.asks.stat(QUEUE)) == 0

    def cycles(self, row, count, fill, empty):
        self.asks, producer = self.control(), self.produce(size=4000, window=8)
        self.consumer = self.consume()
        wait_until(lambda: producer.confirmed, "it works before")
        for _ in range(count):
            self.cycle(producer, fill, empty)
        self.assertIsNone(producer.broken)
        self.finish()
        self.judge(row, count, order=True, faults=count, liveness=RESUMES)

    def test_no_space(self):
        self.small_disk()
        self.device()
        self.cycles("disk full", rounds(self.times), self.fill, self.empty)

    def test_file_too_large(self):
        device = self.device()
        limit = lambda size: resource.prlimit(device.popen.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
        def fill():
            limit(max((file.stat().st_size for file in files_below(self.store)), default=0) + self.draw.randrange(MIB))
        self.cycles("file too large", rounds(self.times) // 2, fill, lambda: limit(resource.RLIM_INFINITY))

    def test_puts_wait_where_the_queue_blocks(self):
        self.small_disk()
        device, count = self.device("--json"), rounds(self.times) // 4
        self.control().call("declare", q=QUEUE, set={"overflow": "block"})
        producer = self.produce(size=4000, window=8)
        self.consume()
        for _ in range(count):
            self.goes_on(producer)
            self.record.say("fault", "invoke", name="full")
            self.fill()
            wait_until(lambda: statistics_of(device)["details"]["blocked"] > 0, "a put waits")
            self.record.say("fault", "ok", name="full")
            self.empty()
            self.record.say("heal", "ok")
        self.goes_on(producer)
        self.finish()
        self.judge("disk full, puts wait", count, order=True, faults=count, liveness=RESUMES)

    def goes_on(self, producer):
        confirmed = producer.confirmed
        wait_until(lambda: producer.confirmed > confirmed, "it goes on")


def files_below(folder):
    for entry in os.scandir(folder):
        if entry.is_dir():
            yield from files_below(entry)
        else:
            yield entry


if __name__ == "__main__":
    main()
