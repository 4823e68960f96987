#!/usr/bin/env python3
"""A flush of a forwarder's log fails: nothing is confirmed or shown after it, nothing is flushed a second time, and what was
confirmed before is there at the next start."""
import fsync_fails
from command import main
from durable_log import LogTest


class LogFsyncFails(LogTest, fsync_fails.FsyncFails):
    failures = 20

    def make_place(self):
        """The device has made its log before it listens."""

    def late(self):
        return self.control().call("pub", [b"late"], m=[{"t": "late"}])


if __name__ == "__main__":
    main()
