// The log protocol: every message of docs/reference/protocol/logs.md, written and read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <wye/binding_settings.hpp>
#include <wye/endpoint.hpp>
#include <wye/message.hpp>
#include <wye/result.hpp>
#include <wye/stream_settings.hpp>

/// Reading is strict and bounded, and copies no body: texts are views into the header's frame, and hold as long as the
/// message that was read is neither changed nor destroyed. All functions: any thread.
namespace wye::log_protocol {

/// Frame 0: the protocol and its version.
inline constexpr std::string_view mark{"wye1"};

inline constexpr std::size_t max_header = std::size_t{1} << 20;  ///< bytes
inline constexpr std::size_t max_depth = 8;                      ///< of nesting in a header
inline constexpr std::size_t max_batch = 512;                    ///< messages in one message
inline constexpr std::size_t max_topic = 1024;                   ///< bytes
inline constexpr std::size_t max_blob = 255;                     ///< bytes of a producer or a key
inline constexpr std::size_t max_name = 200;                     ///< bytes of a stream, durable subscriber or group
inline constexpr std::size_t max_frames = 64;                    ///< of one message
inline constexpr std::size_t max_headers = 64;                   ///< of one message
inline constexpr std::size_t max_header_bytes = 16384;           ///< of one message's headers together
inline constexpr std::size_t max_filters = 256;                  ///< patterns, or prefixes, of one subscription
inline constexpr std::size_t max_bindings = 128;                 ///< of one device
inline constexpr std::size_t max_binding = 4096;                 ///< bytes of one binding's settings
inline constexpr std::uint32_t max_partitions = 64;
inline constexpr std::uint64_t max_unconfirmed = 1024;  ///< messages of one producer that may wait for an answer

/// What a message is about. The names are those of the verbs.
enum class op : std::uint8_t {
  pub,
  sub,
  credit,
  ack,
  unsub,
  declare,
  set,
  remove /* "delete" */,
  ls,
  stat,
  read,
  seek,
  forget,
  trim,
  bind,
  unbind,
  bindings,
  ping,
  msg,
  gap,
  assign,
  end,
  beat,   // from the device only
  error,  // the answer to what had no op that could be read
};
std::string_view name_of(op what) noexcept;

/// Where a subscription begins.
enum class start : std::uint8_t { now /* "new" */, first, last, seq, time, topics };
std::string_view name_of(start from) noexcept;

/// Why messages will not come.
enum class gap_reason : std::uint8_t { retention, damaged };
std::string_view name_of(gap_reason why) noexcept;

/// One message, on its way to the device or from it. The bodies stand behind the header, `frames` for each.
struct item {
  std::string_view topic = {};
  std::uint64_t number = 0;  ///< to the device: its producer's number; from the device: its sequence
  std::int64_t at = 0;       ///< from the device: when it was logged, microseconds since 1970
  std::string_view key = {};
  std::string_view headers = {};  ///< a msgpack map text → text, as bytes
  std::uint32_t frames = 1;
  std::optional<std::uint64_t> expected = {};        ///< "exp"
  std::optional<std::uint64_t> expected_topic = {};  ///< "expt"
  friend bool operator==(const item&, const item&) = default;
};

/// One of several that failed.
struct bad_one {
  std::uint64_t index = 0;
  errc code = errc::internal;
  std::string text = {};
  friend bool operator==(const bad_one&, const bad_one&) = default;
};

/// From the client. Which fields count, the op decides.
struct request {
  op what = op::error;
  std::optional<std::uint64_t> id = {};
  std::vector<item> messages = {};  ///< pub
  std::string_view producer = {};   ///< pub
  std::uint64_t sub = 0;            ///< sub, credit, ack, unsub
  std::string_view stream = {};     ///< default: "default"
  std::vector<std::string> match = {};
  std::vector<std::string> prefix = {};
  start from = start::now;     ///< sub, seek, bind
  std::uint64_t sequence = 0;  ///< "s": sub, seek, bind, read, trim
  std::int64_t at = 0;         ///< sub, seek, bind, trim
  std::string_view durable = {};
  std::string_view group = {};
  std::uint64_t n = 0;                          ///< sub, credit, read
  std::uint64_t bytes = 0;                      ///< sub, credit
  std::uint64_t generation = 0;                 ///< "gen": ack
  wye::positions at_positions = {};             ///< "pos": sub, ack
  std::optional<std::uint32_t> partition = {};  ///< "part": read, trim
  std::string_view name = {};                   ///< bind, unbind
  std::string_view settings = {};               ///< "set": declare, set: a map for merge(); bind: for binding_in()
};

/// From the device. Which fields count, the op decides.
struct answer {
  op what = op::error;
  std::optional<std::uint64_t> id = {};
  errc code = errc::ok;  ///< else the request failed as a whole, or (end) the reason
  std::string text = {};
  std::vector<std::uint64_t> sequences = {};   ///< "s": pub: one for each message, 0 for the bad ones
  std::vector<std::uint64_t> partitions = {};  ///< "part": pub: of each message; empty: all are 0
  std::vector<std::uint64_t> duplicates = {};  ///< "dup"
  std::vector<bad_one> bad = {};
  std::uint64_t sub = 0;                   ///< sub, msg, gap, assign, end, seek
  wye::positions at_positions = {};        ///< "pos": sub, assign, seek
  std::uint32_t partition = 0;             ///< "part": msg, gap
  std::vector<item> messages = {};         ///< "m": msg, read
  std::uint64_t first = 0, last = 0;       ///< gap
  gap_reason why = gap_reason::retention;  ///< gap
  std::uint64_t generation = 0;            ///< "gen": assign
  std::uint64_t n = 0;                     ///< trim
  std::uint64_t next = 0;                  ///< read
  bool is_new = false;                     ///< "new": declare, bind
  std::vector<stream_info> streams = {};   ///< ls, stat (one)
  std::vector<binding_info> bindings = {};
};

/// Appends frame 0 and the header to `to`; bodies are to be appended after it.
void append(const request& r, message& to);
void append(const answer& a, message& to);

/// Reads what begins at frame `at` of `m`. Errors: malformed with a sentence; not_supported if it is another version of
/// the protocol or an unknown op. `into.what` and `into.id` hold what could be read of them even on failure.
result<void> read(const message& m, std::size_t at, request& into);
result<void> read(const message& m, std::size_t at, answer& into);

/// The map for request::settings.
std::string settings_as(const stream_settings& s);
/// Changes in `into` what the map names. Errors: malformed, bad_option (names key and range).
result<void> merge(std::string_view settings, stream_settings& into);

/// The same for a binding.
std::string settings_as(const binding_settings& b);
/// The reverse. Errors: malformed, bad_option (says what is missing, or does not go together).
result<binding_settings> binding_in(std::string_view settings);

/// Where the log of a forwarder listens unless it is told otherwise, beside one of its plain endpoints.
endpoint beside(const endpoint& plain);

}  // namespace wye::log_protocol
