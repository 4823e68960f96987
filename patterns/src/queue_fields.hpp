// The parts that requests and answers of the queue protocol share: names, properties, settings, lists.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <wye/queue_protocol.hpp>

#include "msgpack_cursor.hpp"
#include "msgpack_writer.hpp"

namespace wye::queue_protocol {

using detail::msgpack_cursor;
using detail::msgpack_writer;
using detail::short_map;

/// A queue's name: 1 … max_queue_name bytes without control characters.
std::string_view read_name(msgpack_cursor& from, bool may_be_empty = false);
inline ms read_ms(msgpack_cursor& from, ms most = max_time) {
  return ms(static_cast<std::int64_t>(from.number(static_cast<std::uint64_t>(most.count()))));
}
/// 100 ms … 12 h.
ms read_lease(msgpack_cursor& from);
inline void write_ms(short_map& to, std::string_view key, ms time) {
  to.number(key, static_cast<std::uint64_t>(time.count()));
}

/// Reads the value of one of the keys d p g h r c k, ttl, delay; false for another key.
bool read_property(msgpack_cursor& from, std::string_view key, properties& into);
/// Writes what is not default, without ttl and delay.
void write_carried(short_map& to, const properties& p);
/// The same of a map that append_carried wrote.
void splice_carried(short_map& to, bytes_view map);
void write_blob(short_map& to, std::string_view key, const blob& b);

/// A map of settings; at most 15 pairs.
queue_settings read_settings(msgpack_cursor& from);
void write_settings(std::string& to, const queue_settings& s);

template <class Number>
void read_numbers(msgpack_cursor& from, std::vector<Number>& into) {
  std::size_t n = from.array(max_messages);
  into.clear();
  into.reserve(n);
  for (; n > 0 && from.ok(); --n) into.push_back(static_cast<Number>(from.number(Number(-1))));
}

/// How many frames the bodies of `m` have: those behind its header, or those packed into one. Errors: malformed.
result<std::size_t> body_frames(const message& m, std::size_t at, const std::vector<std::uint32_t>& sizes);

template <class Number>
void write_numbers(short_map& to, std::string_view key, const std::vector<Number>& numbers) {
  msgpack_writer& w = to.key(key);
  w.array(numbers.size());
  for (const Number n : numbers) w.number(n);
}

/// Checks frame 0 and the header's size, and gives a cursor on it.
result<msgpack_cursor> open_header(const message& m, std::size_t at);
/// Appends frame 0 and the header.
void append_header(std::string_view header, message& to);
/// The op called `name`, or op::error.
op op_named(std::string_view name) noexcept;
/// Looks for the op and the id, from a copy of the cursor: the op decides what the other keys mean, and may stand
/// anywhere. Programs that write them first save us the way.
std::string_view read_op_and_id(msgpack_cursor from, std::optional<std::uint64_t>& id);
/// Whether the frames behind the header are those that the messages say.
template <class Messages, class Frames>
bool frames_fit(const Messages& messages, std::size_t frames, Frames&& frames_of) {
  std::size_t wanted = 0;
  for (const auto& m : messages) wanted += frames_of(m);
  return wanted == frames;
}

}  // namespace wye::queue_protocol
