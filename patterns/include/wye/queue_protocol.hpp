// The queue protocol: every message of docs/reference/protocol/queues.md as a struct, written and read.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <wye/message.hpp>
#include <wye/queue_settings.hpp>
#include <wye/result.hpp>

/// Reading is strict and bounded, copies no body, and allocates little: texts and property maps are views into the
/// header frame. A view holds as long as the message that was read is neither moved, changed nor destroyed. What is
/// written is copied. All functions: any thread.
namespace wye::queue_protocol {

/// Frame 0: the protocol and its version.
inline constexpr std::string_view mark{"wye1"};

inline constexpr std::size_t max_header = std::size_t{1} << 20;  ///< bytes
inline constexpr std::size_t max_depth = 8;                      ///< of nesting in a header
inline constexpr std::size_t max_messages = 65536;               ///< named by one header
inline constexpr std::size_t max_queue_name = 128;               ///< bytes
inline constexpr std::size_t max_blob = 255;                     ///< bytes of dedup id, group, reply-to, correlation
inline constexpr std::size_t max_headers = 64;                   ///< of one message
inline constexpr std::size_t max_header_bytes = 16384;           ///< of one message's headers together
inline constexpr std::size_t max_why = 1024;                     ///< bytes of a nack's reason
inline constexpr std::size_t max_frames = 64;                    ///< of one message
inline constexpr std::size_t max_peek = 1000;                    ///< messages
inline constexpr std::size_t max_packed = 4096;                  ///< bytes of a frame that is worth packing
inline constexpr std::chrono::milliseconds min_lease{100};
inline constexpr std::chrono::milliseconds max_lease{std::chrono::hours(12)};
inline constexpr std::chrono::milliseconds max_time{std::chrono::hours(24 * 36525)};  ///< for any duration: 100 years

using ms = std::chrono::milliseconds;

/// What a message is about; `msg` and `error` come from the device only. The names are those of the verbs.
enum class op : std::uint8_t {
  put,
  get,
  cancel,
  ack,
  nack,
  extend,
  declare,
  set,
  remove,  ///< "delete" on the wire
  ls,
  stat,
  peek,
  purge,
  pause,
  redrive,
  msg,    ///< messages for a consumer
  error,  ///< the answer to what had no op that could be read
};
std::string_view name_of(op what) noexcept;

/// Text or binary: kept as it was put.
struct blob {
  std::string_view bytes = {};
  bool binary = false;
  [[nodiscard]] bool empty() const noexcept { return bytes.empty(); }
  friend bool operator==(const blob&, const blob&) = default;
};

/// Properties of one message. What is empty or has its default is not on the wire.
struct properties {
  blob dedup = {};                ///< d
  blob group = {};                ///< g
  blob reply_to = {};             ///< r
  blob correlation = {};          ///< c
  std::string_view headers = {};  ///< h: a msgpack map text → text, as bytes (see headers_in)
  std::optional<ms> ttl = {};
  std::optional<ms> delay = {};
  std::uint8_t priority = 0;  ///< p: 0 … 9
  std::uint8_t frames = 1;    ///< k: how many the body has, 1 … 64
  friend bool operator==(const properties&, const properties&) = default;
};

/// Appends `p` to `to` as the msgpack map that travels in `delivered::carried`: without ttl and delay, which are the
/// device's to resolve. For keeping it in a store.
void append_carried(const properties& p, std::string& to);
/// The reverse, also for a map as it came with a put. Errors: malformed.
result<properties> read_properties(bytes_view map);

/// The headers in properties::headers, as views. Precondition: they came out of a read function, or headers_as.
std::vector<std::pair<std::string_view, std::string_view>> headers_in(std::string_view headers);
/// The bytes for properties::headers.
std::string headers_as(const std::map<std::string, std::string>& headers);

// --- from the client -------------------------------------------------------------------------------------------------

struct put_request {
  std::string_view queue = {};
  bool make = false;
  /// One for each message, in order; after reading there is one for each, also if one map held for all. The bodies are
  /// the frames after the header, `properties::frames` of them for each message; reading has checked the sum.
  std::vector<properties> messages = {};
  std::vector<std::uint32_t> sizes = {};  ///< "z": of the frames, if they are packed into one; else empty
  /// "p": who counts its messages, a number by chance; 0: nobody does. "n": the first message's number, from 1 on; the
  /// others follow. "done": what has a lower number is not put again; at most `first`.
  std::uint64_t producer = 0, first = 0, settled = 0;
  friend bool operator==(const put_request&, const put_request&) = default;
};

struct get_request {
  std::string_view queue = {};
  bool make = false;
  std::uint64_t n = 0;
  std::uint64_t bytes = 0;       ///< 0: no bound
  std::optional<ms> lease = {};  ///< absent: the queue's
  std::optional<ms> wait = {};   ///< absent: for ever
  bool automatic = false;        ///< "auto": without acknowledgement
  bool packed = false;           ///< "z": messages may come packed
  friend bool operator==(const get_request&, const get_request&) = default;
};

enum class nack_how : std::uint8_t { requeue, delay, dead };
std::string_view name_of(nack_how how) noexcept;

/// ack, nack, extend.
struct settle_request {
  std::string_view queue = {};
  std::uint64_t epoch = 0;
  std::vector<std::uint64_t> sequences = {};
  std::vector<std::uint32_t> attempts = {};  ///< one for each sequence; when writing, empty means all 1
  nack_how how = nack_how::requeue;          ///< nack
  ms delay{0};                               ///< nack with how delay
  std::string_view why = {};                 ///< nack
  ms lease{0};                               ///< extend: from now
  friend bool operator==(const settle_request&, const settle_request&) = default;
};

/// declare, set.
struct settings_request {
  std::string_view queue = {};
  queue_settings settings = {};
  friend bool operator==(const settings_request&, const settings_request&) = default;
};

/// stat, purge, cancel.
struct queue_request {
  std::string_view queue = {};
  friend bool operator==(const queue_request&, const queue_request&) = default;
};

struct remove_request {
  std::string_view queue = {};
  bool only_if_empty = false;  ///< "empty"
  friend bool operator==(const remove_request&, const remove_request&) = default;
};

struct ls_request {
  std::string_view prefix = {};
  friend bool operator==(const ls_request&, const ls_request&) = default;
};

struct peek_request {
  std::string_view queue = {};
  std::uint64_t from = 0;
  std::uint64_t n = 1;  ///< 1 … max_peek
  friend bool operator==(const peek_request&, const peek_request&) = default;
};

struct pause_request {
  std::string_view queue = {};
  bool on = true;
  friend bool operator==(const pause_request&, const pause_request&) = default;
};

struct redrive_request {
  std::string_view queue = {};
  std::optional<std::uint64_t> n = {};     ///< absent: all that are there now
  std::optional<std::uint64_t> rate = {};  ///< per second, at least 1; absent: as fast as it goes
  std::string_view to = {};                ///< empty: where they came from
  friend bool operator==(const redrive_request&, const redrive_request&) = default;
};

struct request {
  op what = op::error;                   ///< which of the verbs
  std::optional<std::uint64_t> id = {};  ///< only ack, nack and extend may lack it
  std::variant<put_request, get_request, settle_request, settings_request, queue_request, remove_request, ls_request,
               peek_request, pause_request, redrive_request>
      body = {};
  friend bool operator==(const request&, const request&) = default;
};

/// Appends frame 0 and the header to `to`; the bodies of a put are to be appended after it.
void append(const request& r, message& to);

/// Reads the request whose frame 0 is frame `at` of `m`. Errors: malformed with a sentence; not_supported if it is
/// another version of the protocol or an unknown op. `into.what` and `into.id` hold what could be read of them even on
/// failure, for the answer.
result<void> read(const message& m, std::size_t at, request& into);

// --- from the device -------------------------------------------------------------------------------------------------

/// One of several that failed.
struct bad_one {
  std::uint64_t index = 0;
  errc code = errc::internal;
  std::string text = {};
  friend bool operator==(const bad_one&, const bad_one&) = default;
};

/// The request failed as a whole.
struct refusal {
  errc code = errc::internal;  ///< a name that is not known here is read as remote
  std::string text = {};
  friend bool operator==(const refusal&, const refusal&) = default;
};

struct put_answer {
  std::vector<std::uint64_t> sequences = {};   ///< one for each message, 0 for the bad ones
  std::vector<std::uint64_t> duplicates = {};  ///< indexes
  std::vector<bad_one> bad = {};
  friend bool operator==(const put_answer&, const put_answer&) = default;
};

/// ack, nack, extend: how many succeeded. get, cancel: credit left. delete, purge, redrive: messages.
struct count_answer {
  std::uint64_t n = 0;
  std::vector<bad_one> bad = {};
  friend bool operator==(const count_answer&, const count_answer&) = default;
};

struct declare_answer {
  bool is_new = false;
  friend bool operator==(const declare_answer&, const declare_answer&) = default;
};

/// set, pause.
struct done_answer {
  friend bool operator==(const done_answer&, const done_answer&) = default;
};

struct stat_answer {
  queue_info queue = {};
  friend bool operator==(const stat_answer&, const stat_answer&) = default;
};

struct ls_answer {
  std::vector<queue_info> queues = {};
  friend bool operator==(const ls_answer&, const ls_answer&) = default;
};

/// Where a dead letter comes from.
struct dead_origin {
  std::string_view queue = {};
  std::uint64_t sequence = 0;
  std::string_view reason = {};  ///< rejected, expired, max_messages, max_bytes, delivery_limit
  std::string_view text = {};
  friend bool operator==(const dead_origin&, const dead_origin&) = default;
};

/// peek: where a message stands.
enum class waiting : std::uint8_t { unknown, ready, leased, delayed };
std::string_view name_of(waiting state) noexcept;

/// One message of `msg` or `peek`.
struct delivered {
  std::uint64_t sequence = 0;
  std::uint32_t attempt = 1;
  std::int64_t put_at = 0;      ///< microseconds since 1970
  std::int64_t expires_at = 0;  ///< microseconds since 1970; 0: never
  properties what = {};
  /// For writing: a map from append_carried, which then stands in place of `what`. Reading leaves it empty.
  bytes_view carried = {};
  std::optional<dead_origin> origin = {};
  waiting state = waiting::unknown;  ///< peek only
  friend bool operator==(const delivered& a, const delivered& b) noexcept {
    return a.sequence == b.sequence && a.attempt == b.attempt && a.put_at == b.put_at && a.expires_at == b.expires_at &&
           a.what == b.what && as_text(a.carried) == as_text(b.carried) && a.origin == b.origin && a.state == b.state;
  }
};

/// msg, peek. The bodies follow as with put.
struct messages_answer {
  std::string_view queue = {};
  std::uint64_t epoch = 0;  ///< msg only
  std::vector<delivered> messages = {};
  std::vector<std::uint32_t> sizes = {};  ///< as in put_request
  friend bool operator==(const messages_answer&, const messages_answer&) = default;
};

struct answer {
  op what = op::error;
  std::optional<std::uint64_t> id = {};  ///< the request's, or the consumer's
  std::variant<refusal, put_answer, count_answer, declare_answer, done_answer, stat_answer, ls_answer, messages_answer>
      body = {};
  friend bool operator==(const answer&, const answer&) = default;
};

/// As for requests.
void append(const answer& a, message& to);
result<void> read(const message& m, std::size_t at, answer& into);

// --- bodies
// ----------------------------------------------------------------------------------------------------------------

/// One frame that holds `parts` back to back; `sizes` tells where each ends. Nothing if it is not worth it: fewer than
/// two, or one larger than max_packed.
std::optional<frame> pack(std::span<const bytes_view> parts, std::vector<std::uint32_t>& sizes);

/// Walks over the frames of the bodies in a message that was read, packed or not.
struct body_place {
  std::size_t frame = 2;   ///< of the message; the bodies begin behind the header
  std::size_t index = 0;   ///< of `sizes`
  std::size_t offset = 0;  ///< in the packed frame
};
/// The next frame; it shares what holds the packed one. Precondition: there is one, as reading has checked.
frame next_frame(const message& m, std::span<const std::uint32_t> sizes, body_place& at);

}  // namespace wye::queue_protocol
