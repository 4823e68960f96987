// Requests of the log protocol.
#include "log_fields.hpp"

namespace wye::log_protocol {
namespace {

bool is_request(op what) noexcept { return what <= op::ping; }

bool read_where(msgpack_cursor& from, std::string_view key, request& r) {
  if (key == "stream") r.stream = read_name(from);
  else if (key == "durable") r.durable = read_name(from);
  else if (key == "group") r.group = read_name(from);
  else if (key == "match") r.match = read_filters(from);
  else if (key == "prefix") r.prefix = read_filters(from);
  else if (key == "from") r.from = read_start(from);
  else if (key == "s") r.sequence = from.number();
  else if (key == "at") r.at = read_time(from);
  else return false;
  return true;
}

bool read_more(msgpack_cursor& from, std::string_view key, request& r) {
  if (key == "m") r.messages = read_items(from, "n");
  else if (key == "p") r.producer = read_bytes(from, max_blob);
  else if (key == "sub") r.sub = from.number();
  else if (key == "n") r.n = from.number();
  else if (key == "bytes") r.bytes = from.number();
  else if (key == "gen") r.generation = from.number();
  else if (key == "pos") r.at_positions = read_positions(from);
  else if (key == "part") r.partition = static_cast<std::uint32_t>(from.number(max_partitions - 1));
  else if (key == "name") r.name = read_name(from);
  else if (key == "set") r.settings = as_text(from.skip(2));
  else return false;
  return true;
}

void write_messages(short_map& map, const request& r) {
  if (!r.producer.empty()) write_bytes(map, "p", r.producer);
  if (r.what == op::pub) write_items(map, r.messages, "n");
}

void write_where(short_map& map, const request& r) {
  const bool begins = r.what == op::sub || r.what == op::seek || r.what == op::bind;
  if (!r.stream.empty()) map.text("stream", r.stream);
  if (!r.durable.empty()) map.text("durable", r.durable);
  if (!r.group.empty()) map.text("group", r.group);
  if (!r.match.empty()) write_filters(map, "match", r.match);
  if (!r.prefix.empty()) write_filters(map, "prefix", r.prefix);
  if (begins) map.text("from", name_of(r.from));
  if (r.sequence != 0) map.number("s", r.sequence);
  if (r.at != 0) write_time(map, "at", r.at);
}

void write_more(short_map& map, const request& r) {
  if (r.sub != 0) map.number("sub", r.sub);
  if (r.n != 0) map.number("n", r.n);
  if (r.bytes != 0) map.number("bytes", r.bytes);
  if (r.generation != 0) map.number("gen", r.generation);
  if (!r.at_positions.empty()) write_positions(map, "pos", r.at_positions);
  if (r.partition) map.number("part", *r.partition);
  if (!r.name.empty()) write_bytes(map, "name", r.name);
  if (!r.settings.empty()) map.key("set").raw(r.settings);
}

}  // namespace

void append(const request& r, message& to) {
  std::string header;
  {
    short_map map(header);
    map.text("op", name_of(r.what));
    if (r.id) map.number("id", *r.id);
    write_messages(map, r);
    write_where(map, r);
    write_more(map, r);
  }
  append_header(header, to);
}

result<void> read(const message& m, std::size_t at, request& into) {
  into = {};
  auto opened = open_header(m, at);
  if (!opened) return opened.error();
  const std::string_view name = read_op_and_id(*opened, into.id);
  into.what = op_named(name);
  if (!is_request(into.what) && !name.empty()) {
    into.what = op::error;
    return failure(errc::not_supported, "there is no op '" + std::string(name) + "' in this protocol");
  }
  opened->pairs(max_depth,
                [&](std::string_view key) { return read_where(*opened, key, into) || read_more(*opened, key, into); });
  if (auto verdict = opened->verdict(); !verdict) return verdict;
  if (name.empty()) return failure(errc::malformed, "the header has no op");
  const bool fits = frames_fit(into.messages, m.size() - at - 2);
  if (into.what == op::pub && !fits) return failure(errc::malformed, "the frames are not those that the header lists");
  return {};
}

}  // namespace wye::log_protocol
