// What a message of a named queue carries beside its body.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace wye {

/// What the sender says of a message. An aggregate; everything is optional. docs/reference/protocol/queues.md is the
/// authority. Texts may hold any bytes.
struct message_properties {
  /// At most 255 bytes. Within the queue's window a second message of the same id is not stored again. Empty: the
  /// producer makes one up, so that sending it again after a lost connection stores it once.
  std::string dedup_id = {};
  std::uint8_t priority = 0;                            ///< 0 … 9, 9 first
  std::optional<std::chrono::milliseconds> ttl = {};    ///< lives at most so long
  std::optional<std::chrono::milliseconds> delay = {};  ///< is not delivered earlier
  std::string group = {};                               ///< at most 255 bytes; one of a group at a time, in order
  std::map<std::string, std::string> headers = {};      ///< at most 64, together 16 KiB
  std::string reply_to = {};                            ///< at most 255 bytes; carried, not interpreted
  std::string correlation = {};                         ///< the same
  friend bool operator==(const message_properties&, const message_properties&) = default;
};

/// Where a dead letter comes from.
struct dead_letter_origin {
  std::string queue;
  std::uint64_t sequence = 0;
  std::string reason;  ///< rejected, expired, max_messages, max_bytes, delivery_limit
  std::string text;    ///< why, as the consumer that rejected it said; may be empty
  friend bool operator==(const dead_letter_origin&, const dead_letter_origin&) = default;
};

/// What the device says of a message that it hands out.
struct delivery_info {
  std::uint64_t sequence = 0;  ///< its place in the queue, from 1
  std::uint32_t attempt = 1;   ///< 1 the first time
  std::chrono::system_clock::time_point put_at = {};
  std::optional<std::chrono::system_clock::time_point> expires_at = {};
  message_properties properties = {};             ///< without ttl and delay, which are used up
  std::optional<dead_letter_origin> origin = {};  ///< of a dead letter

  /// Somebody had it before and did not acknowledge it.
  [[nodiscard]] bool redelivered() const noexcept { return attempt > 1; }
};

}  // namespace wye
