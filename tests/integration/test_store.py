#!/usr/bin/env python3
"""wye store: what it finds, prints and repairs."""
import json
import pathlib
import shutil
import tempfile
import unittest

from command import CommandTest

GOLDEN = pathlib.Path(__file__).parent.parent / "unit/stores/golden/version1"


class Store(CommandTest):
    def setUp(self):
        self.top = tempfile.TemporaryDirectory()
        self.addCleanup(self.top.cleanup)
        self.path = pathlib.Path(self.top.name) / "store"
        shutil.copytree(GOLDEN, self.path)

    def files(self):
        return {p: p.read_bytes() for p in self.path.rglob("*") if p.is_file()}

    def damage(self):
        """Flips a bit in the body of some record of the log `orders`."""
        for segment in sorted((self.path / "logs/orders").glob("*.segment")):
            data = bytearray(segment.read_bytes())
            at = data.find(b"order 17 ")
            if at >= 0:
                data[at] ^= 1
                segment.write_bytes(data)
                return
        raise AssertionError("the record is not there")

    def check(self):
        status, out, _ = self.run_wye("store", "check", str(self.path), "--json")
        return status, json.loads(out)

    def test_a_store_that_is_well(self):
        before = self.files()
        status, found = self.check()
        self.assertEqual((status, found["logs"], found["damaged"], found["findings"]), (0, 2, 0, []))
        self.assertEqual(self.files(), before)

    def test_dump_prints_the_records(self):
        lines = [json.loads(line) for line in self.ok("store", "dump", str(self.path), "--log", "orders", "--json").splitlines()]
        self.assertEqual([line["seq"] for line in lines], [n for n in range(1, 61) if n % 3])
        self.assertEqual(lines[0]["head"], "head 1")
        self.assertIn(b'"orders" 1 ', self.ok("store", "dump", str(self.path)))

    def test_damage_is_found_and_repaired(self):
        self.damage()
        status, found = self.check()
        self.assertEqual((status, found["damaged"]), (65, 1))
        self.assertIn("record 17 is damaged", found["findings"][0])
        self.assertEqual(json.loads(self.ok("store", "repair", str(self.path), "--json"))["places"], 1)
        self.assertEqual(self.check()[0], 0)
        aside = list((self.path / "aside").iterdir())
        self.assertEqual(len(aside), 1)
        self.assertIn(b"rder 17 ", aside[0].read_bytes())
        self.assertIn(b"nothing is damaged", self.ok("store", "repair", str(self.path)))

    def test_what_is_no_store(self):
        with tempfile.TemporaryDirectory() as other:
            for verb in ("check", "dump"):
                status, _, errors = self.run_wye("store", verb, other)
                self.assertNotEqual(status, 0)
                self.assertIn(other, errors)
        self.assertEqual(self.run_wye("store", "check")[0], 64)
        self.assertEqual(self.run_wye("store", "destroy", str(self.path))[0], 64)

    def test_a_newer_format_is_named(self):
        (self.path / "format").write_text("wye store 2\n")
        status, _, errors = self.run_wye("store", "check", str(self.path))
        self.assertNotEqual(status, 0)
        self.assertIn("format 2", errors)


if __name__ == "__main__":
    unittest.main()
