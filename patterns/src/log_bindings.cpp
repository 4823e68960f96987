// Bindings as maps.
#include <algorithm>

#include "log_fields.hpp"
#include "shared_fields.hpp"

namespace wye {
namespace {

constexpr std::string_view routing_names[] = {"fanout", "direct", "topic", "headers"};

}  // namespace

std::string_view name_of(routing how) noexcept { return routing_names[static_cast<std::size_t>(how)]; }

namespace log_protocol {
namespace {

constexpr std::size_t max_queue = 128, max_endpoint = 1024;

routing read_routing(msgpack_cursor& from) {
  const std::string_view name = from.text(32);
  const auto* const found = std::ranges::find(routing_names, name);
  if (found != std::end(routing_names)) return static_cast<routing>(found - std::begin(routing_names));
  from.fail("neither fanout, direct, topic nor headers");
  return routing::fanout;
}

std::map<std::string, std::string> read_pairs(msgpack_cursor& from) {
  std::map<std::string, std::string> all;
  for (std::size_t n = from.map(max_headers); n > 0 && from.ok(); --n) {
    std::string name(from.text(max_header_bytes));
    all.insert_or_assign(std::move(name), std::string(from.text(max_header_bytes)));
  }
  return all;
}

result<void> checked(const binding_settings& b) {
  const auto refuse = [](const char* why) { return failure(errc::bad_option, why); };
  if (b.to.empty()) return refuse("a binding needs the endpoint of a device of named queues");
  if (b.queue.empty() || std::ranges::any_of(b.queue, detail::is_control))
    return refuse("a binding needs a queue, whose name has 1 to 128 bytes, none of them a control character");
  const bool by_topic = b.how == routing::direct || b.how == routing::topic;
  if (by_topic == b.match.empty()) return refuse("match is for direct and topic, which need at least one");
  if ((b.how == routing::headers) == b.headers.empty()) return refuse("h is for headers, which needs at least one");
  if (b.any && b.how != routing::headers) return refuse("any is for headers");
  return {};
}

}  // namespace

void write_binding(std::string& to, const binding_settings& b) {
  short_map map(to);
  map.text("stream", b.stream), map.text("to", b.to), map.text("q", b.queue), map.text("how", name_of(b.how));
  if (!b.match.empty()) write_filters(map, "match", b.match);
  if (b.any) map.boolean("any", true);
  if (b.headers.empty()) return;
  msgpack_writer& w = map.key("h");
  w.map(b.headers.size());
  for (const auto& [name, value] : b.headers) w.text(name), w.text(value);
}

void read_binding(msgpack_cursor& from, binding_settings& into) {
  from.pairs(max_depth, [&](std::string_view key) {
    if (key == "stream") into.stream = read_name(from);
    else if (key == "to") into.to = from.text(max_endpoint);
    else if (key == "q") into.queue = from.text(max_queue);
    else if (key == "how") into.how = read_routing(from);
    else if (key == "match") into.match = read_filters(from);
    else if (key == "h") into.headers = read_pairs(from);
    else if (key == "any") into.any = from.boolean();
    else return from.fail("no such setting"), true;
    return true;
  });
}

std::string settings_as(const binding_settings& b) {
  std::string map;
  write_binding(map, b);
  return map;
}

result<binding_settings> binding_in(std::string_view settings) {
  msgpack_cursor from(as_bytes(settings));
  binding_settings b;
  read_binding(from, b);
  if (const auto read = from.verdict(); !read) return read.error();
  if (const auto good = checked(b); !good) return good.error();
  return b;
}

void write_binding_info(std::string& to, const binding_info& b) {
  short_map map(to);
  write_bytes(map, "name", b.name);
  map.key("set").raw(settings_as(b.settings));
  write_positions(map, "pos", b.at);
  map.number("lag", b.lag), map.number("waiting", b.waiting), map.number("put", b.put);
  map.number("dropped", b.dropped), map.number("refused", b.refused), map.number("missed", b.missed);
  if (!b.trouble.empty()) map.text("trouble", b.trouble);
  if (!b.last_dropped.empty()) map.text("last", b.last_dropped);
}

binding_info read_binding_info(msgpack_cursor& from) {
  binding_info b;
  from.pairs(max_depth, [&](std::string_view key) {
    if (key == "name") b.name = read_bytes(from, max_name);
    else if (key == "set") read_binding(from, b.settings);
    else if (key == "pos") b.at = read_positions(from);
    else if (key == "lag") b.lag = from.number();
    else if (key == "waiting") b.waiting = from.number();
    else if (key == "put") b.put = from.number();
    else if (key == "dropped") b.dropped = from.number();
    else if (key == "refused") b.refused = from.number();
    else if (key == "missed") b.missed = from.number();
    else if (key == "trouble") b.trouble = from.text(max_header);
    else if (key == "last") b.last_dropped = from.text(max_header);
    else return false;
    return true;
  });
  return b;
}

}  // namespace log_protocol
}  // namespace wye
