#!/usr/bin/env python3
"""Proves that the tests find seeded faults: breaks a copy of the tree in one place at a time, and expects the named test
to fail. Fails itself if a test of the whole tree fails, or if a mutant survives, does not compile or has no place."""

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import durable
import mutants as sockets

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests/support"))
from history import CLASSES  # noqa: E402

MUTANTS = sockets.MUTANTS + durable.MUTANTS
WORK = ROOT / "build-mutants"
TREE = WORK / "tree"
BUILD = WORK / "build"
BROKEN = WORK / "broken"
LIMIT = 120  # seconds for one test; a mutant may hang it, and is killed by that

INTRODUCTION = """\
# Seeded faults

Tests that cannot fail prove nothing. `./dev mutants` builds a copy of the tree, breaks it in one place at a time, and runs
the test that must notice. It first proves that each of these tests passes on the whole tree. It fails if a mutant
survives, does not compile, or no longer has its place in the source. The changes are in `tests/mutants/mutants.py` and `durable.py`.

This table is the output of such runs, written by `./dev mutants --write docs/reference/mutants.md`: each row by the last one that
included it (`--only`).
"""


class Bad(Exception):
    """A finding that fails the run."""


def main():
    options = parse()
    chosen = [m for m in MUTANTS if not options.only or m.name in options.only]
    BROKEN.mkdir(parents=True, exist_ok=True)
    copy_tree()
    configure()
    build(chosen)
    prove_whole(chosen)
    broken = {m.name: break_it(m) for m in chosen}
    verdicts = {m.name: judge(m, broken[m.name]) for m in chosen}
    rows = {m.name: row_of(m, *verdicts[m.name]) for m in chosen}
    print("\n" + table_of(rows))
    if options.write:
        write(Path(options.write), rows)
    return 0 if all(killed for killed, _ in verdicts.values()) else 1


def parse():
    parser = argparse.ArgumentParser(prog="./dev mutants", description=__doc__)
    parser.add_argument("--only", metavar="NAME", action="append", choices=[m.name for m in MUTANTS],
                        help="one mutant; may be repeated")
    parser.add_argument("--write", metavar="PAGE", help="write the rows into the table there, a page of the documentation")
    return parser.parse_args()


# --- the copy -------------------------------------------------------------------------------------------------------------


def copy_tree():
    """Files that did not change keep their time, so that a second run compiles little."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    wanted = {name for name in listed.split("\0") if name and (ROOT / name).is_file()}
    for name in wanted:
        copy_if_changed(ROOT / name, TREE / name)
    for file in TREE.rglob("*"):
        if file.is_file() and str(file.relative_to(TREE)) not in wanted:
            file.unlink()


def copy_if_changed(source, copy):
    content = source.read_bytes()
    if copy.is_file() and copy.read_bytes() == content:
        return
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_bytes(content)


def configure():
    run(["cmake", "-S", TREE, "-B", BUILD, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_CXX_FLAGS_DEBUG=-O1",
         "-DWYE_BUILD_EXAMPLES=OFF", "-DWYE_INSTALL=OFF", *launcher()])


def launcher():
    found = shutil.which("ccache")
    return [f"-DCMAKE_CXX_COMPILER_LAUNCHER={found}"] if found else []


def build(mutants):
    programs = sorted({m.killer.program for m in mutants})
    run(["cmake", "--build", BUILD, "--target", *programs])


def run(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    if done.returncode != 0:
        print(done.stdout)
        raise Bad("does not build")


# --- the verdicts ---------------------------------------------------------------------------------------------------------


def prove_whole(mutants):
    for test in sorted({m.killer for m in mutants}, key=str):
        failed = failure_of(test, built(test))
        if failed:
            raise Bad(f"{test} fails on the whole tree: {failed}")
        print(f"passes on the whole tree: {test}", flush=True)


def break_it(mutant):
    """The program of its test with the fault in it, or why there is none."""
    file = TREE / mutant.file
    whole = file.read_text()
    program = BROKEN / mutant.name
    try:
        file.write_text(mutated(mutant, whole))
        build([mutant])
        shutil.copy2(built(mutant.killer), program)
        print(f"built: {mutant.name}", flush=True)
        return program
    except Bad as why:
        return why
    finally:
        file.write_text(whole)


def judge(mutant, program):
    """(True, how it was killed) or (False, why not)."""
    if isinstance(program, Bad):
        verdict = (False, str(program))
    else:
        failed = failure_of(mutant.killer, program)
        verdict = (True, failed) if failed else (False, "survived")
    print(f"{'killed' if verdict[0] else 'NOT KILLED'}: {mutant.name}: {verdict[1]}", flush=True)
    return verdict


def mutated(mutant, whole):
    if whole.count(mutant.old) != 1:
        raise Bad(f"has {whole.count(mutant.old)} places, not one")
    return whole.replace(mutant.old, mutant.new)


def built(test):
    return BUILD / "wye" if test.script else BUILD / "tests" / test.program


def failure_of(test, program):
    """How the test fails in this program, or None if it passes."""
    return failure_of_script(test, program) if test.script else failure_of_case(test, program)


def failure_of_script(test, program):
    environment = {**os.environ, "WYE": str(program), "PYTHONPATH": str(ROOT / "tests/support"), "KEEP": str(BROKEN),
                   "PYTHONDONTWRITEBYTECODE": "1", "ROUNDS": str(test.rounds or "")}
    command = [sys.executable, ROOT / f"tests/faults/{test.script}.py", test.case]
    try:
        done = subprocess.run(command, env=environment, timeout=LIMIT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, errors="replace")
    except subprocess.TimeoutExpired:
        return f"hung for {LIMIT} s"
    if done.returncode == 77 or "Ran 0 tests" in done.stdout:
        raise Bad(f"{test} did not run here")
    return None if done.returncode == 0 else anomaly_in(done.stdout)


def anomaly_in(output):
    """What the judge of the history found, or else the last error."""
    found = re.findall(rf"^((?:{'|'.join(CLASSES)}) \(\d+\)|unknown): ", output, re.M)
    found = found or re.findall(r"^\w*Error: (.*)", output, re.M)
    return ", ".join(dict.fromkeys(found)) if found else "ended with an error"


def failure_of_case(test, program):
    # doctest takes a comma for the end of a name.
    command = [program, "--no-colors", "--test-case=" + test.case.replace(",", "?")]
    try:
        done = subprocess.run(command, env={**os.environ, "WYE_TRANSPORT": test.transport or "zmq-tcp"}, timeout=LIMIT,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    except subprocess.TimeoutExpired:
        return f"hung for {LIMIT} s"
    if not re.search(r"test cases: +1 \|", done.stdout):
        raise Bad(f"no single test is called “{test.case}”\n{done.stdout}")
    return None if done.returncode == 0 else reason_in(done.stdout)


def reason_in(output):
    """The first of doctest's complaints, on one line."""
    found = re.search(r"ERROR: (.*) is NOT correct!|ERROR: (test case (?:CRASHED|THREW exception): .*)", output)
    return " ".join(next(part for part in found.groups() if part).split()) if found else "ended with an error"


def row_of(mutant, killed, how):
    what = f"`{how}`" if killed else f"**{how}**"
    return (f"| {mutant.name} | {mutant.promise} | `{mutant.file}` | {mutant.killer} | "
            f"{what.replace('|', chr(92) + '|')} |")


def table_of(rows):
    lines = [rows[m.name] for m in MUTANTS if m.name in rows]
    killed = sum(not line.endswith("** |") for line in lines)
    return "\n".join(["| mutant | the promise it breaks | file | the test that notices | what failed |", "|---|---|---|---|---|",
                      *lines, f"\n{killed} of {len(lines)} killed."])


def write(page, rows):
    """Those of mutants that this run left out stay."""
    lines = page.read_text().splitlines() if page.exists() else ()
    old = {line.split(" | ")[0][2:]: line for line in lines if line.startswith("| ")}
    page.write_text(f"{INTRODUCTION}\n{table_of(old | rows)}\n")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Bad as why:
        sys.exit(f"mutants: {why}")
