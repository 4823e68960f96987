// Requests of the queue protocol, written and read.
#include <utility>

#include "queue_fields.hpp"

namespace wye::queue_protocol {
namespace {

// --- writing

void write_properties(std::string& to, const properties& p) {
  short_map map(to);
  write_carried(map, p);
  if (p.ttl) write_ms(map, "ttl", *p.ttl);
  if (p.delay) write_ms(map, "delay", *p.delay);
}

struct writer {
  std::string& to;
  short_map& map;

  void queue(std::string_view name) const { map.text("q", name); }

  void operator()(const put_request& r) const {
    queue(r.queue);
    if (r.make) map.boolean("make", true);
    map.key("m").array(r.messages.size());
    for (const properties& p : r.messages) write_properties(to, p);
    if (!r.sizes.empty()) write_numbers(map, "z", r.sizes);
    if (r.producer == 0) return;
    map.number("p", r.producer);
    map.number("n", r.first);
    if (r.settled != 0) map.number("done", r.settled);
  }
  void operator()(const get_request& r) const {
    queue(r.queue);
    if (r.make) map.boolean("make", true);
    map.number("n", r.n);
    if (r.bytes != 0) map.number("bytes", r.bytes);
    if (r.lease) write_ms(map, "lease", *r.lease);
    if (r.wait) write_ms(map, "wait", *r.wait);
    if (r.automatic) map.boolean("auto", true);
    if (r.packed) map.boolean("z", true);
  }
  void operator()(const settle_request& r) const {
    queue(r.queue);
    map.number("e", r.epoch);
    write_numbers(map, "s", r.sequences);
    bool all_first = true;
    for (const auto a : r.attempts) all_first &= a == 1;
    if (!all_first) write_numbers(map, "a", r.attempts);
    if (r.lease != ms(0)) write_ms(map, "lease", r.lease);
    if (r.how != nack_how::requeue) map.text("how", name_of(r.how));
    if (r.how == nack_how::delay || r.delay != ms(0)) write_ms(map, "delay", r.delay);
    if (!r.why.empty()) map.text("why", r.why);
  }
  void operator()(const settings_request& r) const {
    queue(r.queue);
    map.key("set");
    write_settings(to, r.settings);
  }
  void operator()(const queue_request& r) const { queue(r.queue); }
  void operator()(const remove_request& r) const {
    queue(r.queue);
    if (r.only_if_empty) map.boolean("empty", true);
  }
  void operator()(const ls_request& r) const {
    if (!r.prefix.empty()) map.text("prefix", r.prefix);
  }
  void operator()(const peek_request& r) const {
    queue(r.queue);
    map.number("from", r.from);
    map.number("n", r.n);
  }
  void operator()(const pause_request& r) const {
    queue(r.queue);
    map.boolean("on", r.on);
  }
  void operator()(const redrive_request& r) const {
    queue(r.queue);
    if (r.n) map.number("n", *r.n);
    if (r.rate) map.number("rate", *r.rate);
    if (!r.to.empty()) map.text("to", r.to);
  }
};

// --- reading: each reads the value of one key, or returns false

properties read_map(msgpack_cursor& from, std::size_t depth) {
  properties p;
  from.pairs(depth, [&](std::string_view key) { return read_property(from, key, p); });
  return p;
}

// One map for all messages is kept as one; the number of frames tells later how many it stands for.
void read_messages(msgpack_cursor& from, put_request& r, bool& shared) {
  shared = from.next() == msgpack_cursor::kind::map;
  std::size_t n = shared ? 1 : from.array(max_messages);
  r.messages.clear();
  r.messages.reserve(n);
  for (; n > 0 && from.ok(); --n) r.messages.push_back(read_map(from, max_depth - (shared ? 1 : 2)));
}

struct header {
  request& r;
  msgpack_cursor& from;
  bool shared = true;  // put: `m` is absent or one map
  bool queue = false, sequences = false, attempts = false, lease = false, delay = false, on = false, settings = false;
};

constexpr std::uint64_t most_number = std::uint64_t{1} << 62;  // so that counting on does not overflow

std::uint64_t read_at_least_1(msgpack_cursor& from, std::uint64_t most) {
  const std::uint64_t n = from.number(most);
  if (from.ok() && n == 0) from.fail("must be at least 1");
  return n;
}

nack_how read_how(msgpack_cursor& from) {
  const std::string_view name = from.text(32);
  for (const auto how : {nack_how::requeue, nack_how::delay, nack_how::dead})
    if (name == name_of(how)) return how;
  return from.fail("neither requeue, delay nor dead"), nack_how::requeue;
}

bool read_key(header& h, std::string_view key, put_request& r) {
  if (key == "m") read_messages(h.from, r, h.shared);
  else if (key == "make") r.make = h.from.boolean();
  else if (key == "z") read_numbers(h.from, r.sizes);
  else if (key == "p") r.producer = read_at_least_1(h.from, UINT64_MAX);
  else if (key == "n") r.first = read_at_least_1(h.from, most_number);
  else if (key == "done") r.settled = h.from.number(most_number);
  else return false;
  return true;
}

bool read_key(header& h, std::string_view key, get_request& r) {
  if (key == "n") r.n = h.from.number(UINT32_MAX);
  else if (key == "make") r.make = h.from.boolean();
  else if (key == "bytes") r.bytes = h.from.number();
  else if (key == "lease") r.lease = read_lease(h.from);
  else if (key == "wait") r.wait = read_ms(h.from);
  else if (key == "auto") r.automatic = h.from.boolean();
  else if (key == "z") r.packed = h.from.boolean();
  else return false;
  return true;
}

bool read_key(header& h, std::string_view key, settle_request& r) {
  if (key == "s") read_numbers(h.from, r.sequences), h.sequences = true;
  else if (key == "a") read_numbers(h.from, r.attempts), h.attempts = true;
  else if (key == "e") r.epoch = h.from.number();
  else if (key == "how") r.how = read_how(h.from);
  else if (key == "delay") r.delay = read_ms(h.from), h.delay = true;
  else if (key == "why") r.why = h.from.text(max_why);
  else if (key == "lease") r.lease = read_lease(h.from), h.lease = true;
  else return false;
  return true;
}

bool read_key(header& h, std::string_view key, settings_request& r) {
  if (key != "set") return false;
  r.settings = read_settings(h.from);
  return h.settings = true;
}

bool read_key(header&, std::string_view, queue_request&) { return false; }

bool read_key(header& h, std::string_view key, remove_request& r) {
  if (key != "empty") return false;
  r.only_if_empty = h.from.boolean();
  return true;
}

bool read_key(header& h, std::string_view key, ls_request& r) {
  if (key != "prefix") return false;
  r.prefix = h.from.text(max_queue_name);
  return true;
}

bool read_key(header& h, std::string_view key, peek_request& r) {
  if (key == "from") r.from = h.from.number();
  else if (key == "n") r.n = read_at_least_1(h.from, max_peek);
  else return false;
  return true;
}

bool read_key(header& h, std::string_view key, pause_request& r) {
  if (key != "on") return false;
  r.on = h.from.boolean();
  return h.on = true;
}

bool read_key(header& h, std::string_view key, redrive_request& r) {
  if (key == "n") r.n = h.from.number();
  else if (key == "rate") r.rate = read_at_least_1(h.from, UINT32_MAX);
  else if (key == "to") r.to = read_name(h.from);
  else return false;
  return true;
}

template <class Body>
void read_queue(header& h, Body& body) {
  if constexpr (requires { body.queue; }) body.queue = read_name(h.from), h.queue = true;
  else h.from.skip(max_depth - 1);
}

// --- what must hold between the keys

result<void> lacks(const char* key) {
  return failure(errc::malformed, std::string("the key `") + key + "` is missing");
}

result<void> check_put(const header& h, put_request& r, std::size_t frames) {
  if (h.shared) {
    const properties all = r.messages.empty() ? properties{} : r.messages.front();
    if (frames % all.frames != 0) return failure(errc::malformed, "the bodies' frames are not a multiple of `k`");
    r.messages.assign(frames / all.frames, all);
  }
  if (r.messages.empty()) return failure(errc::malformed, "a put without messages");
  if (r.messages.size() > max_messages) return failure(errc::malformed, "more than 65536 messages");
  if ((r.producer != 0) != (r.first != 0)) return lacks(r.producer == 0 ? "p" : "n");
  if (r.settled > r.first) return failure(errc::malformed, "`done` is higher than `n`");
  if (frames_fit(r.messages, frames, [](const properties& p) { return p.frames; })) return {};
  return failure(errc::malformed, std::to_string(frames) + " frames of bodies are not those that `m` names");
}

result<void> check_settle(const header& h, settle_request& r, op what) {
  if (!h.sequences) return lacks("s");
  if (what == op::extend && !h.lease) return lacks("lease");
  if (what == op::nack && r.how == nack_how::delay && !h.delay) return lacks("delay");
  if (!h.attempts) r.attempts.assign(r.sequences.size(), 1);
  if (r.attempts.size() == r.sequences.size()) return {};
  return failure(errc::malformed, "`a` must have one attempt for each sequence of `s`");
}

template <class Body>
result<void> check(const header& h, Body& body, const message& m, std::size_t at) {
  if constexpr (requires { body.queue; })
    if (!h.queue) return lacks("q");
  if constexpr (std::is_same_v<Body, put_request>) {
    const auto frames = body_frames(m, at, body.sizes);
    return frames ? check_put(h, body, *frames) : result<void>(frames.error());
  }
  if (m.size() != at + 2) return failure(errc::malformed, "only a put has bodies");
  if constexpr (std::is_same_v<Body, settle_request>) return check_settle(h, body, h.r.what);
  if constexpr (std::is_same_v<Body, settings_request>)
    if (!h.settings) return lacks("set");
  if constexpr (std::is_same_v<Body, pause_request>)
    if (!h.on) return lacks("on");
  return {};
}

bool may_lack_id(op what) noexcept { return what == op::ack || what == op::nack || what == op::extend; }

// Which struct the verb has; nothing for an op that is no request.
bool choose(request& r) {
  switch (r.what) {
    case op::put: r.body = put_request{}; break;
    case op::get: r.body = get_request{}; break;
    case op::ack:
    case op::nack:
    case op::extend: r.body = settle_request{}; break;
    case op::declare:
    case op::set: r.body = settings_request{}; break;
    case op::cancel:
    case op::stat:
    case op::purge: r.body = queue_request{}; break;
    case op::remove: r.body = remove_request{}; break;
    case op::ls: r.body = ls_request{}; break;
    case op::peek: r.body = peek_request{}; break;
    case op::pause: r.body = pause_request{}; break;
    case op::redrive: r.body = redrive_request{}; break;
    case op::msg:
    case op::error: return false;
  }
  return true;
}

}  // namespace

std::string_view name_of(nack_how how) noexcept {
  constexpr std::string_view names[] = {"requeue", "delay", "dead"};
  return names[static_cast<std::size_t>(how)];
}

void append(const request& r, message& to) {
  std::string bytes;
  {
    short_map map(bytes);
    map.text("op", name_of(r.what));
    if (r.id) map.number("id", *r.id);
    std::visit(writer{bytes, map}, r.body);
  }
  append_header(bytes, to);
}

result<void> read(const message& m, std::size_t at, request& into) {
  into.what = op::error;
  into.id.reset();
  auto opened = open_header(m, at);
  if (!opened) return opened.error();
  msgpack_cursor& from = *opened;
  const std::string_view name = read_op_and_id(from, into.id);
  into.what = op_named(name);
  header h{into, from};
  if (!choose(into)) {
    if (from.skip(max_depth); !from.ok()) return from.verdict();
    if (name.empty()) return lacks("op");
    return failure(errc::not_supported, "no verb `" + std::string(name) + "` is known here");
  }
  return std::visit(
      [&](auto& body) -> result<void> {
        from.pairs(max_depth, [&](std::string_view key) {
          if (key == "q") return read_queue(h, body), true;
          return read_key(h, key, body);
        });
        if (from.ok() && !from.at_end()) from.fail("bytes left after the header");
        if (!from.ok()) return from.verdict();
        if (!into.id && !may_lack_id(into.what)) return lacks("id");
        return check(h, body, m, at);
      },
      into.body);
}

}  // namespace wye::queue_protocol
