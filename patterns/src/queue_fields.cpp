#include "queue_fields.hpp"

#include <algorithm>

#include "shared_fields.hpp"

namespace wye {

std::string_view name_of(queue_overflow what) noexcept {
  constexpr std::string_view names[] = {"reject", "drop_head", "block"};
  return names[static_cast<std::size_t>(what)];
}

namespace queue_protocol {
namespace {

constexpr std::string_view op_names[] = {"put",     "get",   "cancel",  "ack", "nack", "extend",
                                         "declare", "set",   "delete",  "ls",  "stat", "peek",
                                         "purge",   "pause", "redrive", "msg", "error"};

blob read_blob(msgpack_cursor& from) {
  blob b;
  b.bytes = from.text_or_binary(max_blob, b.binary);
  return b;
}

std::uint8_t read_small(msgpack_cursor& from, std::uint64_t least, std::uint64_t most) {
  const std::uint64_t n = from.number(most);
  if (n < least) from.fail("below its limit of " + std::to_string(least));
  return static_cast<std::uint8_t>(n);
}

bool read_letter(msgpack_cursor& from, char key, properties& into) {
  switch (key) {
    case 'd': into.dedup = read_blob(from); break;
    case 'p': into.priority = read_small(from, 0, 9); break;
    case 'g': into.group = read_blob(from); break;
    case 'h': into.headers = detail::read_headers(from, max_headers, max_header_bytes); break;
    case 'r': into.reply_to = read_blob(from); break;
    case 'c': into.correlation = read_blob(from); break;
    case 'k': into.frames = read_small(from, 1, max_frames); break;
    default: return false;
  }
  return true;
}

queue_overflow read_overflow(msgpack_cursor& from) {
  const std::string_view name = from.text(32);
  for (const auto o : {queue_overflow::reject, queue_overflow::drop_head, queue_overflow::block})
    if (name == name_of(o)) return o;
  return from.fail("neither reject, drop_head nor block"), queue_overflow::reject;
}

bool read_setting(msgpack_cursor& from, std::string_view key, queue_settings& into) {
  if (key == "max_messages") into.max_messages = from.number();
  else if (key == "max_bytes") into.max_bytes = from.number();
  else if (key == "overflow") into.overflow = read_overflow(from);
  else if (key == "ttl") into.ttl = read_ms(from);
  else if (key == "lease") into.lease = read_lease(from);
  else if (key == "max_deliver") into.max_deliver = static_cast<std::uint32_t>(from.number(UINT32_MAX));
  else if (key == "dead") into.dead = std::string(read_name(from, true));
  else if (key == "dedup") into.dedup = read_ms(from);
  else if (key == "single") into.single = from.boolean();
  else if (key == "max_in_flight") into.max_in_flight = from.number();
  else return false;
  return true;
}

}  // namespace

std::string_view name_of(op what) noexcept { return op_names[static_cast<std::size_t>(what)]; }

op op_named(std::string_view name) noexcept {
  const auto* at = std::find(std::begin(op_names), std::end(op_names), name);
  return at == std::end(op_names) ? op::error : static_cast<op>(at - op_names);
}

std::string_view read_name(msgpack_cursor& from, bool may_be_empty) {
  const std::string_view name = from.text(max_queue_name);
  if (from.ok() && name.empty() && !may_be_empty) from.fail("a queue's name must not be empty");
  if (std::any_of(name.begin(), name.end(), detail::is_control))
    from.fail("a queue's name must not hold control characters");
  return name;
}

ms read_lease(msgpack_cursor& from) {
  const ms lease = read_ms(from, max_lease);
  if (from.ok() && lease < min_lease) from.fail("a lease lasts at least " + std::to_string(min_lease.count()) + " ms");
  return lease;
}

bool read_property(msgpack_cursor& from, std::string_view key, properties& into) {
  if (key.size() == 1) return read_letter(from, key[0], into);
  if (key == "ttl") into.ttl = read_ms(from);
  else if (key == "delay") into.delay = read_ms(from);
  else return false;
  return true;
}

void write_blob(short_map& to, std::string_view key, const blob& b) {
  if (b.empty()) return;
  b.binary ? to.key(key).binary(b.bytes) : to.key(key).text(b.bytes);
}

void write_carried(short_map& to, const properties& p) {
  write_blob(to, "d", p.dedup);
  if (p.priority != 0) to.number("p", p.priority);
  write_blob(to, "g", p.group);
  if (!p.headers.empty()) to.key("h").raw(p.headers);
  write_blob(to, "r", p.reply_to);
  write_blob(to, "c", p.correlation);
  if (p.frames != 1) to.number("k", p.frames);
}

void splice_carried(short_map& to, bytes_view map) {
  msgpack_cursor from(map);
  const std::size_t pairs = from.map(7);
  if (from.ok()) to.splice(pairs, as_text({from.at(), map.data() + map.size()}));
}

void append_carried(const properties& p, std::string& to) {
  short_map map(to);
  write_carried(map, p);
}

result<properties> read_properties(bytes_view map) {
  msgpack_cursor from(map);
  properties p;
  from.pairs(max_depth, [&](std::string_view key) { return read_property(from, key, p); });
  if (from.ok() && !from.at_end()) from.fail("bytes left after the map");
  if (const auto verdict = from.verdict(); !verdict) return verdict.error();
  return p;
}

std::vector<std::pair<std::string_view, std::string_view>> headers_in(std::string_view headers) {
  std::vector<std::pair<std::string_view, std::string_view>> out;
  if (headers.empty()) return out;
  msgpack_cursor from(as_bytes(headers));
  for (std::size_t n = from.map(max_headers); n > 0 && from.ok(); --n) {
    const std::string_view name = from.text(max_header_bytes);
    out.emplace_back(name, from.text(max_header_bytes));
  }
  return out;
}

std::string headers_as(const std::map<std::string, std::string>& headers) {
  std::string bytes;
  if (headers.empty()) return bytes;
  msgpack_writer to(bytes);
  to.map(headers.size());
  for (const auto& [name, value] : headers) to.text(name), to.text(value);
  return bytes;
}

queue_settings read_settings(msgpack_cursor& from) {
  queue_settings s;
  from.pairs(max_depth - 1, [&](std::string_view key) { return read_setting(from, key, s); });
  if (s.max_in_flight == 0u) from.fail("max_in_flight must be at least 1");
  return s;
}

void write_settings(std::string& to, const queue_settings& s) {
  short_map map(to);
  if (s.max_messages) map.number("max_messages", *s.max_messages);
  if (s.max_bytes) map.number("max_bytes", *s.max_bytes);
  if (s.overflow) map.text("overflow", name_of(*s.overflow));
  if (s.ttl) write_ms(map, "ttl", *s.ttl);
  if (s.lease) write_ms(map, "lease", *s.lease);
  if (s.max_deliver) map.number("max_deliver", *s.max_deliver);
  if (s.dead) map.text("dead", *s.dead);
  if (s.dedup) write_ms(map, "dedup", *s.dedup);
  if (s.single) map.boolean("single", *s.single);
  if (s.max_in_flight) map.number("max_in_flight", *s.max_in_flight);
}

result<msgpack_cursor> open_header(const message& m, std::size_t at) {
  if (m.size() < at + 2) return failure(errc::malformed, "no header frame");
  const std::string_view tag = m[at].text();
  if (tag != mark && tag.size() == mark.size() && tag.starts_with(mark.substr(0, 3)))
    return failure(errc::not_supported, "version `" + std::string(tag) + "` is not spoken here; understood: wye1");
  if (tag != mark) return failure(errc::malformed, "frame 0 is not `wye1`");
  if (m[at + 1].size() > max_header)
    return failure(errc::malformed, "a header of " + std::to_string(m[at + 1].size()) + " bytes; the limit is " +
                                        std::to_string(max_header));
  return msgpack_cursor(m[at + 1].bytes());
}

std::string_view read_op_and_id(msgpack_cursor from, std::optional<std::uint64_t>& id) {
  std::string_view name;
  for (std::size_t n = from.map(SIZE_MAX); n > 0 && from.ok() && (name.empty() || !id); --n) {
    const std::string_view key = from.text(SIZE_MAX);
    if (key == "op") name = from.text(64);
    else if (key == "id" && from.next() == msgpack_cursor::kind::number) id = from.number();
    else from.skip(max_depth - 1);
  }
  return name;
}

result<std::size_t> body_frames(const message& m, std::size_t at, const std::vector<std::uint32_t>& sizes) {
  const std::size_t frames = m.size() - at - 2;
  if (sizes.empty()) return frames;
  std::uint64_t sum = 0;
  for (const std::uint32_t size : sizes) sum += size;
  if (frames != 1 || m[at + 2].size() != sum)
    return failure(errc::malformed, "`z`: packed bodies are one frame, as large as the sizes together");
  return sizes.size();
}

void append_header(std::string_view header, message& to) {
  to.push_back(frame::copy_of(mark));
  to.push_back(frame::copy_of(header));
}

}  // namespace queue_protocol
}  // namespace wye
