#!/usr/bin/env python3
"""run_example.py PROGRAM EXPECTED: runs an example and compares its output, exactly, with what it should print.

It runs in an empty folder of its own, so that `ipc://name` endpoints of parallel runs do not meet. PARTNER, if it is in
the environment, is a Python script that runs beside it for as long as it does.
"""
import contextlib
import difflib
import os
import pathlib
import subprocess
import sys
import tempfile


@contextlib.contextmanager
def partner(script, folder):
    if not script:
        yield
        return
    with subprocess.Popen([sys.executable, script], cwd=folder) as process:
        try:
            yield
        finally:
            process.kill()


def output_of(program):
    with tempfile.TemporaryDirectory() as folder, partner(os.environ.get("PARTNER"), folder):
        done = subprocess.run([program], cwd=folder, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, check=False)
    return done.stdout.decode(errors="replace"), done.returncode


def main():
    program, expected_file = sys.argv[1:]
    expected = pathlib.Path(expected_file).read_text(encoding="utf-8")
    printed, status = output_of(program)
    if status != 0:
        sys.exit(f"{printed}exit status {status}")
    if printed != expected:
        lines = difflib.unified_diff(expected.splitlines(True), printed.splitlines(True), "expected", "printed")
        sys.exit("".join(lines))


if __name__ == "__main__":
    main()
