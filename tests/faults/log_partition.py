#!/usr/bin/env python3
"""The network between a forwarder's log and its clients is cut: both ways, one way, and again and again."""
import partition
from command import main
from durable_log import LogTest


class LogPartition(LogTest, partition.Partition):
    cuts = 4  # each way once


if __name__ == "__main__":
    main()
