// Settings of streams as a map, and where a log listens.
#include "log_fields.hpp"

namespace wye::log_protocol {
namespace {

constexpr std::uint64_t a_century = 100ULL * 365 * 24 * 3600 * 1000;  // milliseconds

std::chrono::milliseconds read_ms(msgpack_cursor& from) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(from.number(a_century)));
}
std::uint64_t count(std::chrono::milliseconds time) { return static_cast<std::uint64_t>(time.count()); }

result<void> checked(const stream_settings& s) {
  if (s.partitions < 1 || s.partitions > max_partitions)
    return failure(errc::bad_option, "partitions is out of its range: 1 to 64");
  if (s.keep_last > 1000) return failure(errc::bad_option, "keep_last is out of its range: 0 to 1000");
  return {};
}

std::string with_end(const std::string& path) { return path + ".log"; }

}  // namespace

void read_settings(msgpack_cursor& from, stream_settings& into) {
  from.pairs(max_depth, [&](std::string_view key) {
    if (key == "match") into.match = read_filters(from);
    else if (key == "partitions") into.partitions = static_cast<std::uint32_t>(from.number(UINT32_MAX));
    else if (key == "max_age") into.max_age = read_ms(from);
    else if (key == "max_bytes") into.max_bytes = from.number();
    else if (key == "max_messages") into.max_messages = from.number();
    else if (key == "keep_last") into.keep_last = static_cast<std::uint32_t>(from.number(UINT32_MAX));
    else if (key == "tombstone") into.tombstone = read_ms(from);
    else if (key == "max_topics") into.max_topics = from.number();
    else return from.fail("no such setting"), true;
    return true;
  });
}

void write_settings(std::string& to, const stream_settings& s) {
  short_map map(to);
  write_filters(map, "match", s.match);
  map.number("partitions", s.partitions);
  map.number("max_age", count(s.max_age));
  map.number("max_bytes", s.max_bytes);
  map.number("max_messages", s.max_messages);
  map.number("keep_last", s.keep_last);
  map.number("tombstone", count(s.tombstone));
  map.number("max_topics", s.max_topics);
}

std::string settings_as(const stream_settings& s) {
  std::string map;
  write_settings(map, s);
  return map;
}

result<void> merge(std::string_view settings, stream_settings& into) {
  msgpack_cursor from(as_bytes(settings));
  read_settings(from, into);
  if (auto read = from.verdict(); !read) return read;
  return checked(into);
}

endpoint beside(const endpoint& plain) {
  constexpr std::uint16_t away = 10000;
  endpoint log = plain;
  if (log.transport == "tcp")
    log.port = static_cast<std::uint16_t>(log.port > 65535 - away ? log.port - away : log.port + away);
  else log.path = with_end(log.path);
  return log;
}

}  // namespace wye::log_protocol
