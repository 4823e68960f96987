// What a named queue can be told, and what it tells: shared by the device and its clients.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wye {

/// What a named queue does with a put when a bound is reached.
enum class queue_overflow : std::uint8_t {
  reject,     ///< the put is refused with errc::full (default)
  drop_head,  ///< the oldest message makes room, and goes to the dead letters
  block,      ///< the put is confirmed when there is room
};
/// "reject", "drop_head", "block". Any thread.
std::string_view name_of(queue_overflow what) noexcept;

/// Settings of a named queue; what is not set keeps its value, or has the default that stands here. An aggregate.
/// docs/reference/protocol/queues.md is the authority on their meaning.
struct queue_settings {
  std::optional<std::uint64_t> max_messages = {};       ///< waiting and leased; 0, the default: no bound
  std::optional<std::uint64_t> max_bytes = {};          ///< of their bodies; 0, the default: no bound
  std::optional<queue_overflow> overflow = {};          ///< reject
  std::optional<std::chrono::milliseconds> ttl = {};    ///< 0, the default: messages do not expire by the queue's doing
  std::optional<std::chrono::milliseconds> lease = {};  ///< 30 s; 100 ms … 12 h
  std::optional<std::uint32_t> max_deliver = {};        ///< 5 attempts; 0: no bound
  std::optional<std::string> dead = {};                 ///< NAME.dead; empty: no dead letters are kept
  std::optional<std::chrono::milliseconds> dedup = {};  ///< 120 s; 0: nothing is remembered
  std::optional<bool> single = {};                      ///< false
  std::optional<std::uint64_t> max_in_flight = {};      ///< 100 000 leased at a time; at least 1
  friend bool operator==(const queue_settings&, const queue_settings&) = default;
};

/// Counters and gauges of a named queue. put = acked + expired + dead + dropped + purged + ready + leased + delayed.
struct queue_counts {
  std::uint64_t ready = 0;        ///< gauge: may be delivered now
  std::uint64_t leased = 0;       ///< gauge: delivered, not settled
  std::uint64_t delayed = 0;      ///< gauge: not before a time to come
  std::uint64_t bytes = 0;        ///< gauge: bodies of the three above
  std::uint64_t consumers = 0;    ///< gauge
  std::uint64_t put = 0;          ///< stored
  std::uint64_t duplicates = 0;   ///< puts confirmed without being stored again
  std::uint64_t delivered = 0;    ///< handed to a consumer, each time
  std::uint64_t redelivered = 0;  ///< of these, not the first time
  std::uint64_t acked = 0;        ///< done, or handed over without acknowledgement
  std::uint64_t nacked = 0;       ///< given back by a consumer
  std::uint64_t expired = 0;      ///< older than allowed
  std::uint64_t dead = 0;         ///< gone to the dead letters for another reason
  std::uint64_t dropped = 0;      ///< gone without dead letters
  std::uint64_t purged = 0;       ///< removed by purge
  std::uint64_t refused = 0;      ///< puts that were not stored
  std::uint64_t stale = 0;        ///< tokens that were no longer the current ones
  std::uint64_t epoch = 0;        ///< of the leases given now
  std::uint64_t first = 0;        ///< oldest sequence still here; equals next when there is none
  std::uint64_t next = 0;         ///< what the next message will be called
  std::uint64_t space = 0;        ///< bytes that the queue occupies in its store
  std::uint64_t damaged = 0;      ///< records found damaged
  std::uint64_t paused = 0;       ///< 1 while deliveries are paused
  friend bool operator==(const queue_counts&, const queue_counts&) = default;
};

/// A field of queue_counts together with its name on the wire and in `--json`.
struct queue_count_field {
  std::string_view name;
  std::uint64_t queue_counts::*field;
};
/// All of them, in the order of the struct.
inline constexpr queue_count_field queue_count_fields[] = {
    {"ready", &queue_counts::ready},
    {"leased", &queue_counts::leased},
    {"delayed", &queue_counts::delayed},
    {"bytes", &queue_counts::bytes},
    {"consumers", &queue_counts::consumers},
    {"put", &queue_counts::put},
    {"duplicates", &queue_counts::duplicates},
    {"delivered", &queue_counts::delivered},
    {"redelivered", &queue_counts::redelivered},
    {"acked", &queue_counts::acked},
    {"nacked", &queue_counts::nacked},
    {"expired", &queue_counts::expired},
    {"dead", &queue_counts::dead},
    {"dropped", &queue_counts::dropped},
    {"purged", &queue_counts::purged},
    {"refused", &queue_counts::refused},
    {"stale", &queue_counts::stale},
    {"epoch", &queue_counts::epoch},
    {"first", &queue_counts::first},
    {"next", &queue_counts::next},
    {"space", &queue_counts::space},
    {"damaged", &queue_counts::damaged},
    {"paused", &queue_counts::paused},
};

/// A named queue as `stat` and `ls` tell of it.
struct queue_info {
  std::string name;
  queue_counts counts;
  queue_settings settings;  ///< all of them set
  friend bool operator==(const queue_info&, const queue_info&) = default;
};

}  // namespace wye
