#include "log_fields.hpp"

#include <algorithm>

#include "shared_fields.hpp"

namespace wye::log_protocol {
namespace {

constexpr std::string_view op_names[] = {"pub",      "sub",  "credit", "ack",  "unsub",  "declare", "set",  "delete",
                                         "ls",       "stat", "read",   "seek", "forget", "trim",    "bind", "unbind",
                                         "bindings", "ping", "msg",    "gap",  "assign", "end",     "beat", "error"};
constexpr std::string_view start_names[] = {"new", "first", "last", "seq", "time", "topics"};
constexpr std::string_view gap_names[] = {"retention", "damaged"};

bool is_plain(char c) noexcept { return c >= 0x20 && c < 0x7f; }

std::uint32_t read_frames(msgpack_cursor& from) {
  const std::uint64_t n = from.number(max_frames);
  if (n == 0) from.fail("a message has at least one frame");
  return static_cast<std::uint32_t>(n);
}

item read_item(msgpack_cursor& from, std::string_view number) {
  item i;
  from.pairs(max_depth, [&](std::string_view key) {
    if (key == number) i.number = from.number();
    else if (key == "t") i.topic = read_bytes(from, max_topic);
    else if (key == "at") i.at = read_time(from);
    else if (key == "key") i.key = read_bytes(from, max_blob);
    else if (key == "h") i.headers = detail::read_headers(from, max_headers, max_header_bytes);
    else if (key == "k") i.frames = read_frames(from);
    else if (key == "exp") i.expected = from.number();
    else if (key == "expt") i.expected_topic = from.number();
    else return false;
    return true;
  });
  return i;
}

void write_item(std::string& to, const item& i, std::string_view number) {
  short_map map(to);
  if (i.number != 0) map.number(number, i.number);
  if (i.at != 0) write_time(map, "at", i.at);
  write_bytes(map, "t", i.topic);
  if (!i.key.empty()) write_bytes(map, "key", i.key);
  if (!i.headers.empty()) map.key("h").raw(i.headers);
  if (i.frames != 1) map.number("k", i.frames);
  if (i.expected) map.number("exp", *i.expected);
  if (i.expected_topic) map.number("expt", *i.expected_topic);
}

}  // namespace

std::string_view name_of(op what) noexcept { return op_names[static_cast<std::size_t>(what)]; }
std::string_view name_of(start from) noexcept { return start_names[static_cast<std::size_t>(from)]; }
std::string_view name_of(gap_reason why) noexcept { return gap_names[static_cast<std::size_t>(why)]; }

op op_named(std::string_view name) noexcept {
  const auto* const found = std::ranges::find(op_names, name);
  return found == std::end(op_names) ? op::error : static_cast<op>(found - std::begin(op_names));
}

result<msgpack_cursor> open_header(const message& m, std::size_t at) {
  if (m.size() <= at || !m[at].text().starts_with("wye"))
    return failure(errc::malformed, "no message of this protocol");
  if (m[at].text() != mark)
    return failure(errc::not_supported, "version '" + std::string(m[at].text().substr(0, 32)) +
                                            "' of the protocol is not known here; understood: wye1");
  if (m.size() <= at + 1) return failure(errc::malformed, "there is no header after `wye1`");
  if (m[at + 1].size() > max_header)
    return failure(errc::malformed, "the header is larger than " + std::to_string(max_header) + " bytes");
  return msgpack_cursor(m[at + 1].bytes());
}

void append_header(std::string_view header, message& to) {
  to.push_back(mark);
  to.push_back(header);
}

std::string_view read_op_and_id(msgpack_cursor from, std::optional<std::uint64_t>& id) {
  std::string_view name;
  from.pairs(max_depth, [&](std::string_view key) {
    if (key == "op") name = from.text(32);
    else if (key == "id") id = from.number();
    else return false;
    return true;
  });
  return name;
}

std::string_view read_bytes(msgpack_cursor& from, std::size_t most) {
  bool binary = false;
  return from.text_or_binary(most, binary);
}

void write_bytes(short_map& to, std::string_view key, std::string_view bytes) {
  if (std::ranges::all_of(bytes, is_plain)) to.text(key, bytes);
  else to.key(key).binary(bytes);
}

std::string_view read_name(msgpack_cursor& from) {
  const std::string_view name = from.text(max_name);
  if (std::ranges::any_of(name, detail::is_control)) from.fail("a control character in a name");
  return name;
}

start read_start(msgpack_cursor& from) {
  const std::string_view name = from.text(32);
  const auto* const found = std::ranges::find(start_names, name);
  if (found != std::end(start_names)) return static_cast<start>(found - std::begin(start_names));
  from.fail("neither new, first, last, seq, time nor topics");
  return start::now;
}

std::vector<std::string> read_filters(msgpack_cursor& from) {
  std::vector<std::string> list;
  for (std::size_t n = from.array(max_filters); n > 0 && from.ok(); --n) list.emplace_back(read_bytes(from, max_topic));
  return list;
}

void write_filters(short_map& to, std::string_view key, const std::vector<std::string>& filters) {
  msgpack_writer& w = to.key(key);
  w.array(filters.size());
  for (const auto& f : filters) w.binary(f);
}

positions read_positions(msgpack_cursor& from) {
  positions list;
  for (std::size_t n = from.array(max_partitions); n > 0 && from.ok(); --n) {
    if (from.array(2) != 2) from.fail("expected [partition, sequence]");
    const auto partition = static_cast<std::uint32_t>(from.number(max_partitions - 1));
    list.push_back({partition, from.number()});
  }
  return list;
}

void write_positions(short_map& to, std::string_view key, const positions& list) {
  msgpack_writer& w = to.key(key);
  w.array(list.size());
  for (const auto& p : list) w.array(2), w.number(p.partition), w.number(p.next);
}

std::vector<std::uint64_t> read_numbers(msgpack_cursor& from) {
  std::vector<std::uint64_t> list;
  for (std::size_t n = from.array(max_batch); n > 0 && from.ok(); --n) list.push_back(from.number());
  return list;
}

void write_numbers(short_map& to, std::string_view key, const std::vector<std::uint64_t>& numbers) {
  msgpack_writer& w = to.key(key);
  w.array(numbers.size());
  for (const auto n : numbers) w.number(n);
}

std::vector<item> read_items(msgpack_cursor& from, std::string_view number) {
  std::vector<item> list;
  std::size_t n = from.array(max_batch);
  for (list.reserve(n); n > 0 && from.ok(); --n) list.push_back(read_item(from, number));
  return list;
}

void write_items(short_map& to, const std::vector<item>& items, std::string_view number) {
  std::string list;
  msgpack_writer(list).array(items.size());
  for (const item& i : items) write_item(list, i, number);
  to.key("m").raw(list);
}

bool frames_fit(const std::vector<item>& items, std::size_t frames) noexcept {
  std::size_t wanted = 0;
  for (const item& i : items) wanted += i.frames;
  return wanted == frames;
}

}  // namespace wye::log_protocol
