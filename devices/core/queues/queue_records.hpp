// queue_records: what a named queue writes into its log. The bytes: docs/reference/queue-records.md.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <wye/queue_settings.hpp>

#include "dedup_window.hpp"
#include "put_runs.hpp"

namespace wye::devices {

/// Settings with all of them known; times in microseconds.
struct queue_rules {
  std::uint64_t max_messages = 0, max_bytes = 0;  // 0: no bound
  queue_overflow overflow = queue_overflow::reject;
  micros ttl = 0;  // 0: none
  micros lease = 30'000'000;
  std::uint32_t max_deliver = 5;
  std::string dead;
  micros dedup = 120'000'000;
  bool single = false;
  std::uint64_t max_in_flight = 100'000;
  friend bool operator==(const queue_rules&, const queue_rules&) = default;
};
/// What a queue of that name has if nobody says otherwise. One whose name ends in ".dead" has no dead letters itself.
queue_rules default_rules(std::string_view name);
/// `rules`, with what `changes` sets. bad_option with a sentence if they can't hold together for a queue `name`.
result<queue_rules> changed(const queue_rules& rules, const queue_settings& changes, std::string_view name);
queue_settings settings_of(const queue_rules& rules);

enum class record_kind : std::uint8_t { message = 1, attempts = 2, state = 3, seen = 4, numbered = 5 };
/// nullopt for an empty head; kinds that are not known are of a newer version, and left alone.
std::optional<record_kind> kind_of(bytes_view head) noexcept;

enum class death : std::uint8_t { none, rejected, expired, max_messages, max_bytes, delivery_limit };
std::string_view name_of(death why) noexcept;

/// Where a message was copied from.
struct copied_from {
  std::string_view queue;
  sequence number = 0;
  death why = death::none;  ///< none: it was redriven
  std::string_view text;
};

/// The head of a message. Views.
struct message_head {
  std::uint32_t size = 0;  ///< of the body
  std::uint8_t priority = 0;
  micros expires = 0, not_before = 0;
  micros seen_until = 0;  ///< how long its deduplication id, or its number, is remembered
  put_number number = {};
  std::vector<std::uint32_t> frames = {};  ///< lengths, if the body has several
  std::optional<copied_from> origin = {};
  bytes_view carried = {};  ///< queue_protocol::append_carried
};
void append(const message_head& head, std::string& to);
/// False if it is no such head.
bool read(bytes_view head, message_head& into);

/// How often a message was given out, written when it came back.
struct attempts_note {
  sequence of = 0;
  std::uint16_t attempts = 0;
  micros not_before = 0;
};
void append(const attempts_note& note, std::string& to);
bool read(bytes_view head, attempts_note& into);

/// What the queue itself is.
struct state_note {
  std::uint64_t epoch = 0;
  bool paused = false;
  queue_rules rules;
};
void append(const state_note& note, std::string& to);
bool read(bytes_view head, state_note& into);

/// Deduplication ids whose messages are gone.
inline constexpr std::size_t max_seen_in_note = 2000;
void append(std::span<const seen_id> seen, std::string& to);
bool read(bytes_view head, std::vector<seen_id>& into);

/// The same for numbered ones.
void append(std::span<const put_run> runs, std::string& to);
bool read(bytes_view head, std::vector<put_run>& into);

}  // namespace wye::devices
