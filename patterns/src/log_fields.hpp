// The parts that requests and answers of the log protocol share: texts, lists, messages, settings.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <wye/log_protocol.hpp>

#include "msgpack_cursor.hpp"
#include "msgpack_writer.hpp"

namespace wye::log_protocol {

using detail::msgpack_cursor;
using detail::msgpack_writer;
using detail::short_map;

/// Checks frame 0 and the header's size, and gives a cursor on it.
result<msgpack_cursor> open_header(const message& m, std::size_t at);
/// Appends frame 0 and the header.
void append_header(std::string_view header, message& to);
/// The op called `name`, or op::error.
op op_named(std::string_view name) noexcept;
/// Looks for the op and the id, from a copy of the cursor: the op may stand anywhere, and an answer to what can't be
/// read needs them.
std::string_view read_op_and_id(msgpack_cursor from, std::optional<std::uint64_t>& id);

/// Text or binary, at most `most` bytes.
std::string_view read_bytes(msgpack_cursor& from, std::size_t most);
/// As text if it is printable ASCII, else as binary: not every language reads any bytes as text.
void write_bytes(short_map& to, std::string_view key, std::string_view bytes);
/// A name: at most max_name bytes, none of them a control character.
std::string_view read_name(msgpack_cursor& from);
start read_start(msgpack_cursor& from);

std::vector<std::string> read_filters(msgpack_cursor& from);
void write_filters(short_map& to, std::string_view key, const std::vector<std::string>& filters);
positions read_positions(msgpack_cursor& from);
void write_positions(short_map& to, std::string_view key, const positions& list);
std::vector<std::uint64_t> read_numbers(msgpack_cursor& from);
void write_numbers(short_map& to, std::string_view key, const std::vector<std::uint64_t>& numbers);

/// `number` is what the message's number is called: "n" to the device, "s" from it.
std::vector<item> read_items(msgpack_cursor& from, std::string_view number);
void write_items(short_map& to, const std::vector<item>& items, std::string_view number);
/// Whether the frames behind the header are those that the messages say.
bool frames_fit(const std::vector<item>& items, std::size_t frames) noexcept;

/// A map of settings, merged into what is there.
void read_settings(msgpack_cursor& from, stream_settings& into);
void write_settings(std::string& to, const stream_settings& s);

/// A map of what a binding is told, read without a judgement on what goes together.
void read_binding(msgpack_cursor& from, binding_settings& into);
void write_binding(std::string& to, const binding_settings& b);
/// A binding, as it stands.
binding_info read_binding_info(msgpack_cursor& from);
void write_binding_info(std::string& to, const binding_info& b);

/// Microseconds since 1970 fit, and are not before it.
inline std::int64_t read_time(msgpack_cursor& from) { return static_cast<std::int64_t>(from.number(INT64_MAX)); }
inline void write_time(short_map& to, std::string_view key, std::int64_t at) {
  to.number(key, static_cast<std::uint64_t>(at));
}

}  // namespace wye::log_protocol
