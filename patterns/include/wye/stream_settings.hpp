// What a stream of a forwarder with a log can be told, and what it tells of itself.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace wye {

/// The settings of a stream. A bound of zero is none. Defaults and ranges: docs/reference/protocol/logs.
struct stream_settings {
  std::vector<std::string> match = {};  ///< patterns (wye/subject.hpp) of the topics that go into it
  std::uint32_t partitions = 1;         ///< 1 … 64; never changes
  std::chrono::milliseconds max_age{0};
  std::uint64_t max_bytes = 0;                                  ///< of each partition
  std::uint64_t max_messages = 0;                               ///< of each partition
  std::uint32_t keep_last = 0;                                  ///< messages kept of each topic; at most 1000
  std::chrono::milliseconds tombstone{std::chrono::hours(24)};  ///< how long an empty body itself is kept (keep_last)
  std::uint64_t max_topics = 1'000'000;                         ///< of each partition, whose last message is known
  friend bool operator==(const stream_settings&, const stream_settings&) = default;
};

/// A place in each of some partitions: the sequence that comes next.
struct partition_position {
  std::uint32_t partition = 0;
  std::uint64_t next = 1;
  friend bool operator==(const partition_position&, const partition_position&) = default;
};
using positions = std::vector<partition_position>;

/// One partition, as it stands.
struct partition_info {
  std::uint64_t first = 1, next = 1;  ///< the oldest sequence, and what comes next
  std::uint64_t messages = 0, bytes = 0;
  std::uint64_t space = 0;    ///< bytes where it is kept
  std::uint64_t damaged = 0;  ///< records that can't be read
  friend bool operator==(const partition_info&, const partition_info&) = default;
};

/// One durable subscriber or consumer group.
struct cursor_info {
  std::string name;
  bool group = false;
  positions at;
  std::uint64_t members = 0;     ///< connected now
  std::uint64_t generation = 0;  ///< of a group
  std::uint64_t lag = 0;         ///< messages not yet acknowledged
  friend bool operator==(const cursor_info&, const cursor_info&) = default;
};

/// A stream, as it stands.
struct stream_info {
  std::string name;
  stream_settings settings;
  std::vector<partition_info> partitions;
  std::uint64_t topics = 0;  ///< that have a retained value
  std::vector<cursor_info> cursors;
  friend bool operator==(const stream_info&, const stream_info&) = default;
};

}  // namespace wye
