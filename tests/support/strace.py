"""Faults in the system calls of a process, by strace."""
import re
import shutil
import unittest

# Whatever changes a file, in groups: strace counts for each thread, so the calls of a busy one would hide those of the
# others. Not openat: what it made is seen at the next call, and most of its calls load libraries. Not write: the store
# writes at places, and the engine wakes its threads with it.
WRITES = "pwrite64,pwritev,pwritev2,writev"
NAMES = "rename,renameat,renameat2,unlink,unlinkat,ftruncate,fallocate,mkdir,mkdirat"
SYNCS = "fdatasync,fsync,sync_file_range,msync"
INJECTED = "(INJECTED)"


def traced(calls, fault, log):
    """The command under which a process meets `fault` (see strace --inject) in `calls`. The process is the child of whoever
    starts this, not strace's."""
    if not shutil.which("strace"):
        raise unittest.SkipTest("strace is not installed")
    return ["strace", "-D", "-f", "-qq", "-o", log, "-e", f"trace={calls}", "-e", "signal=none",
            "-e", f"inject={calls}:{fault}"]


def succeeded(log, calls):
    """How many of these calls returned 0. Whoever made one goes on only after its line was written."""
    return sum(bool(re.search(r"= 0( \(DELAYED\))?$", line.rstrip())) for line in lines_of(log, calls))


def after_the_first(log, calls):
    """The lines of these calls after the first one that was injected; None if none was."""
    called = lines_of(log, calls)
    places = [i for i, line in enumerate(called) if INJECTED in line]
    return called[places[0] + 1:] if places else None


def lines_of(log, calls):
    with open(log, encoding="utf-8", errors="replace") as lines:
        return [line for line in lines if re.search(rf"\b({calls.replace(',', '|')})\b", line)]
