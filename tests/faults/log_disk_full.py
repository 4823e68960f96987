#!/usr/bin/env python3
"""A disk that runs full under a forwarder with a log: publications are refused, what is kept is delivered, and it goes on by itself
when there is room."""
import disk_full
from command import main
from durable_log import LogTest
from observe import MIB


class LogDiskFull(LogTest, disk_full.DiskFull):
    size = 64 * MIB  # a log keeps what was delivered
    times = 4
    test_puts_wait_where_the_queue_blocks = None  # a log has no such policy

    def served(self, producer):
        return self.consumer.taken >= producer.confirmed


if __name__ == "__main__":
    main()
