#!/usr/bin/env python3
"""Each seeded fault still has its one place in the source, and its test is still there. To break and run them all takes
long, so that is not part of the tests: a moved line would go unnoticed."""

import unittest

from run import MUTANTS, ROOT, mutated

TESTS = {folder: "".join(file.read_text() for file in sorted((ROOT / "tests" / folder).rglob("*_test.cpp")))
         for folder in ("conformance", "unit")}


def is_there(test):
    if not test.script:
        return f'TEST_CASE("{test.case}")' in TESTS[test.program.removeprefix("wye_")]
    suite, name = test.case.split(".")
    script = (ROOT / f"tests/faults/{test.script}.py").read_text()
    return f"class {suite}(" in script and f"def {name}(" in script


class Places(unittest.TestCase):
    def test_each_fault_has_one_place(self):
        for mutant in MUTANTS:
            with self.subTest(mutant.name):
                mutated(mutant, (ROOT / mutant.file).read_text())

    def test_each_test_is_there(self):
        for mutant in MUTANTS:
            with self.subTest(mutant.name):
                self.assertTrue(is_there(mutant.killer), f"there is no {mutant.killer}")


if __name__ == "__main__":
    unittest.main()
