#!/usr/bin/env python3
"""A store that an older version wrote: what it holds is there, with all that was said about it. tests/golden/README.md tells how
the directories were made; one more is added with each change of a format, and none is ever changed."""
import binascii
import json
import tarfile
import unittest
from pathlib import Path

from command import main
from durable import DurableTest
from observe import wait_until

GOLDEN = Path(__file__).resolve().parent.parent / "golden"


class Upgrade(DurableTest):
    def test_each_older_store(self):
        found = sorted(GOLDEN.glob("queues-*.tar.gz"))
        self.assertTrue(found, "no golden store")
        for archive in found:
            with self.subTest(archive=archive.name), tarfile.open(archive) as packed:
                packed.extractall(f"{self.folder}/{archive.stem}")
                self.store = f"{self.folder}/{archive.stem}/store"
                self.check(json.loads(archive.with_name(archive.name.replace(".tar.gz", ".json")).read_text()))

    def check(self, expected):
        device = self.device()
        control = self.control()
        for queue, messages in expected.items():
            self.assertEqual(self.peeked(control, queue), messages, queue)
        known = next(message for message in expected["plain"] if message["body"] == "P 1 one")
        again = control.call("put", [b"P 1 one"], q="plain", m={"d": "P 1"})
        self.assertEqual((again["s"], again.get("dup")), ([known["seq"]], [0]))
        self.assertEqual(device.stop()[0], 0)

    def peeked(self, control, queue):
        number = control.request("peek", q=queue, **{"from": 0, "n": 1000})
        found = []
        wait_until(lambda: found or self.take(control, number, found), f"the messages of {queue}")
        header, bodies = found[0]
        return [{"body": body.decode(), "crc": binascii.crc32(body), "attempt": m["a"], "seq": m["s"],
                 "priority": m.get("p", 0), "headers": m.get("h", {}), "origin": m.get("o")}
                for m, body in zip(header["m"], bodies)]

    def take(self, control, number, found):
        got = control.receive(1)
        if got and got[0].get("id") == number:
            found.append(got)


if __name__ == "__main__":
    main()
