// What the device says in the log protocol.
#include "log_fields.hpp"

namespace wye::log_protocol {
namespace {

constexpr std::size_t max_streams = 1024, max_cursors = 65536;

void write_bad(short_map& map, const std::vector<bad_one>& bad) {
  msgpack_writer& w = map.key("bad");
  w.array(bad.size());
  for (const auto& b : bad) w.array(3), w.number(b.index), w.text(wye::name_of(b.code)), w.text(b.text);
}

std::vector<bad_one> read_bad(msgpack_cursor& from) {
  std::vector<bad_one> list;
  for (std::size_t n = from.array(max_batch); n > 0 && from.ok(); --n) {
    if (from.array(3) != 3) from.fail("expected [index, code, text]");
    const std::uint64_t index = from.number();
    const errc code = code_named(from.text(32));
    list.push_back({index, code, std::string(from.text(max_header))});
  }
  return list;
}

void write_partition(std::string& to, const partition_info& p) {
  short_map map(to);
  map.number("first", p.first), map.number("next", p.next), map.number("messages", p.messages);
  map.number("bytes", p.bytes), map.number("space", p.space), map.number("damaged", p.damaged);
}

partition_info read_partition(msgpack_cursor& from) {
  partition_info p;
  from.pairs(max_depth, [&](std::string_view key) {
    if (key == "first") p.first = from.number();
    else if (key == "next") p.next = from.number();
    else if (key == "messages") p.messages = from.number();
    else if (key == "bytes") p.bytes = from.number();
    else if (key == "space") p.space = from.number();
    else if (key == "damaged") p.damaged = from.number();
    else return false;
    return true;
  });
  return p;
}

void write_cursor(std::string& to, const cursor_info& c) {
  short_map map(to);
  write_bytes(map, "name", c.name);
  map.text("kind", c.group ? "group" : "durable");
  write_positions(map, "pos", c.at);
  map.number("members", c.members), map.number("gen", c.generation), map.number("lag", c.lag);
}

cursor_info read_cursor(msgpack_cursor& from) {
  cursor_info c;
  from.pairs(max_depth, [&](std::string_view key) {
    if (key == "name") c.name = read_bytes(from, max_name);
    else if (key == "kind") c.group = from.text(32) == "group";
    else if (key == "pos") c.at = read_positions(from);
    else if (key == "members") c.members = from.number();
    else if (key == "gen") c.generation = from.number();
    else if (key == "lag") c.lag = from.number();
    else return false;
    return true;
  });
  return c;
}

template <class List, class Write>
void write_list(short_map& map, std::string_view key, const List& list, Write write) {
  std::string all;
  msgpack_writer(all).array(list.size());
  for (const auto& one : list) write(all, one);
  map.key(key).raw(all);
}

template <class One, class Read>
std::vector<One> read_list(msgpack_cursor& from, std::size_t most, Read read) {
  std::vector<One> list;
  for (std::size_t n = from.array(most); n > 0 && from.ok(); --n) list.push_back(read(from));
  return list;
}

void write_stream(std::string& to, const stream_info& s) {
  short_map map(to);
  map.text("stream", s.name);
  write_list(map, "parts", s.partitions, write_partition);
  map.number("topics", s.topics);
  write_list(map, "cursors", s.cursors, write_cursor);
  map.key("set").raw(settings_as(s.settings));
}

stream_info read_stream(msgpack_cursor& from) {
  stream_info s;
  from.pairs(max_depth, [&](std::string_view key) {
    if (key == "stream") s.name = read_name(from);
    else if (key == "parts") s.partitions = read_list<partition_info>(from, max_partitions, read_partition);
    else if (key == "topics") s.topics = from.number();
    else if (key == "cursors") s.cursors = read_list<cursor_info>(from, max_cursors, read_cursor);
    else if (key == "set") read_settings(from, s.settings);
    else return false;
    return true;
  });
  return s;
}

gap_reason read_reason(msgpack_cursor& from) {
  return from.text(32) == name_of(gap_reason::damaged) ? gap_reason::damaged : gap_reason::retention;
}

bool read_results(msgpack_cursor& from, std::string_view key, answer& a) {
  if (key == "code") a.code = code_named(from.text(32));
  else if (key == "text") a.text = from.text(max_header);
  else if (key == "s") a.sequences = read_numbers(from);
  else if (key == "part" && a.what == op::pub) a.partitions = read_numbers(from);
  else if (key == "dup") a.duplicates = read_numbers(from);
  else if (key == "bad") a.bad = read_bad(from);
  else if (key == "n") a.n = from.number();
  else if (key == "next") a.next = from.number();
  else if (key == "new") a.is_new = from.boolean();
  else if (key == "bindings") a.bindings = read_list<binding_info>(from, max_bindings, read_binding_info);
  else if (key == "streams") a.streams = read_list<stream_info>(from, max_streams, read_stream);
  else return false;
  return true;
}

bool read_pushed(msgpack_cursor& from, std::string_view key, answer& a) {
  if (key == "sub") a.sub = from.number();
  else if (key == "pos") a.at_positions = read_positions(from);
  else if (key == "part") a.partition = static_cast<std::uint32_t>(from.number(max_partitions - 1));
  else if (key == "m") a.messages = read_items(from, "s");
  else if (key == "first") a.first = from.number();
  else if (key == "last") a.last = from.number();
  else if (key == "why") a.why = read_reason(from);
  else if (key == "gen") a.generation = from.number();
  else return false;
  return true;
}

void write_pub(short_map& map, const answer& a) {
  write_numbers(map, "s", a.sequences);
  if (!a.partitions.empty()) write_numbers(map, "part", a.partitions);
  if (!a.duplicates.empty()) write_numbers(map, "dup", a.duplicates);
  if (!a.bad.empty()) write_bad(map, a.bad);
}

void write_gap(short_map& map, const answer& a) {
  map.number("part", a.partition);
  map.number("first", a.first), map.number("last", a.last);
  map.text("why", name_of(a.why));
}

void write_rest(short_map& map, const answer& a) {
  switch (a.what) {
    case op::pub: return write_pub(map, a);
    case op::sub:
    case op::seek: return write_positions(map, "pos", a.at_positions);
    case op::assign: map.number("gen", a.generation); return write_positions(map, "pos", a.at_positions);
    case op::msg: map.number("part", a.partition); return write_items(map, a.messages, "s");
    case op::gap: return write_gap(map, a);
    case op::read: map.number("next", a.next); return write_items(map, a.messages, "s");
    case op::trim: return map.number("n", a.n);
    case op::declare:
    case op::bind: return map.boolean("new", a.is_new);
    case op::bindings: return write_list(map, "bindings", a.bindings, write_binding_info);
    case op::ls:
    case op::stat: return write_list(map, "streams", a.streams, write_stream);
    default: return;
  }
}

}  // namespace

void append(const answer& a, message& to) {
  std::string header;
  {
    short_map map(header);
    map.text("op", name_of(a.what));
    if (a.id) map.number("id", *a.id);
    if (a.sub != 0) map.number("sub", a.sub);
    if (a.code == errc::ok) write_rest(map, a);
    else map.text("code", wye::name_of(a.code)), map.text("text", a.text);
  }
  append_header(header, to);
}

result<void> read(const message& m, std::size_t at, answer& into) {
  into = {};
  auto opened = open_header(m, at);
  if (!opened) return opened.error();
  into.what = op_named(read_op_and_id(*opened, into.id));
  opened->pairs(max_depth, [&](std::string_view key) {
    return read_results(*opened, key, into) || read_pushed(*opened, key, into);
  });
  if (auto verdict = opened->verdict(); !verdict) return verdict;
  const bool carries = into.what == op::msg || into.what == op::read;
  if (carries && !frames_fit(into.messages, m.size() - at - 2))
    return failure(errc::malformed, "the frames are not those that the header lists");
  return {};
}

}  // namespace wye::log_protocol
