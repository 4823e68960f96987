#!/usr/bin/env python3
"""kill -9 of a forwarder with a log at each of the system calls that it makes on the way from start to end, one after the
other."""
import kill_at_syscall
from command import main
from durable_log import LogTest


class LogKillAtSyscall(LogTest, kill_at_syscall.KillAtSyscall):
    test_dead_letters = None  # a log has none


if __name__ == "__main__":
    main()
