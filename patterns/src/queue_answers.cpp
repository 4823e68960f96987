// Answers of the queue protocol, written and read.
#include <algorithm>
#include <utility>

#include "queue_fields.hpp"

namespace wye::queue_protocol {
namespace {

// --- writing

void write_bad(short_map& map, const std::vector<bad_one>& bad) {
  if (bad.empty()) return;
  msgpack_writer& to = map.key("bad");
  to.array(bad.size());
  for (const bad_one& b : bad) to.array(3), to.number(b.index), to.text(wye::name_of(b.code)), to.text(b.text);
}

void write_counts(msgpack_writer& to, const queue_counts& counts) {
  to.map(std::size(queue_count_fields));
  for (const auto& f : queue_count_fields) to.text(f.name), to.number(counts.*f.field);
}

void write_info(std::string& to, short_map& map, const queue_info& queue) {
  map.text("q", queue.name);
  write_counts(map.key("stat"), queue.counts);
  map.key("set");
  write_settings(to, queue.settings);
}

void write_origin(short_map& map, const dead_origin& o) {
  msgpack_writer& to = map.key("o");
  to.array(4);
  to.text(o.queue), to.number(o.sequence), to.text(o.reason), to.text(o.text);
}

void write_delivered(std::string& to, const delivered& d) {
  short_map map(to);
  map.number("s", d.sequence);
  map.number("a", d.attempt);
  map.number("t", static_cast<std::uint64_t>(d.put_at));
  if (d.expires_at != 0) map.number("x", static_cast<std::uint64_t>(d.expires_at));
  if (d.carried.empty()) write_carried(map, d.what);
  else splice_carried(map, d.carried);
  if (d.origin) write_origin(map, *d.origin);
  if (d.state != waiting::unknown) map.text("w", name_of(d.state));
}

struct writer {
  std::string& to;
  short_map& map;

  void operator()(const refusal& a) const {
    map.text("code", wye::name_of(a.code));
    map.text("text", a.text);
  }
  void operator()(const put_answer& a) const {
    write_numbers(map, "s", a.sequences);
    if (!a.duplicates.empty()) write_numbers(map, "dup", a.duplicates);
    write_bad(map, a.bad);
  }
  void operator()(const count_answer& a) const {
    map.number("n", a.n);
    write_bad(map, a.bad);
  }
  void operator()(const declare_answer& a) const { map.boolean("new", a.is_new); }
  void operator()(const done_answer&) const {}
  void operator()(const stat_answer& a) const { write_info(to, map, a.queue); }
  void operator()(const ls_answer& a) const {
    map.key("qs").array(a.queues.size());
    for (const queue_info& q : a.queues) {
      short_map one(to);
      write_info(to, one, q);
    }
  }
  void operator()(const messages_answer& a) const {
    map.text("q", a.queue);
    map.number("e", a.epoch);
    map.key("m").array(a.messages.size());
    for (const delivered& d : a.messages) write_delivered(to, d);
    if (!a.sizes.empty()) write_numbers(map, "z", a.sizes);
  }
};

// --- reading

std::vector<bad_one> read_bad(msgpack_cursor& from) {
  std::vector<bad_one> bad;
  std::size_t n = from.array(max_messages);
  for (bad.reserve(n); n > 0 && from.ok(); --n) {
    if (from.array(3) != 3) from.fail("expected [index, code, text]");
    const std::uint64_t index = from.number();
    const errc code = code_named(from.text(64));
    bad.push_back({index, code, std::string(from.text(max_header))});
  }
  return bad;
}

queue_counts read_counts(msgpack_cursor& from) {
  queue_counts counts;
  from.pairs(max_depth - 2, [&](std::string_view key) {
    const auto* f = std::find_if(std::begin(queue_count_fields), std::end(queue_count_fields),
                                 [&](const auto& known) { return known.name == key; });
    if (f == std::end(queue_count_fields)) return false;
    counts.*(f->field) = from.next() == msgpack_cursor::kind::boolean ? from.boolean() : from.number();
    return true;
  });
  return counts;
}

bool read_info(msgpack_cursor& from, std::string_view key, queue_info& q) {
  if (key == "q") q.name = read_name(from);
  else if (key == "stat") q.counts = read_counts(from);
  else if (key == "set") q.settings = read_settings(from);
  else return false;
  return true;
}

std::vector<queue_info> read_infos(msgpack_cursor& from) {
  std::vector<queue_info> queues;
  for (std::size_t n = from.array(max_messages); n > 0 && from.ok(); --n) {
    queue_info& q = queues.emplace_back();
    from.pairs(max_depth - 2, [&](std::string_view key) { return read_info(from, key, q); });
  }
  return queues;
}

dead_origin read_origin(msgpack_cursor& from) {
  if (from.array(4) != 4) from.fail("expected [queue, sequence, reason, text]");
  dead_origin o;
  o.queue = read_name(from);
  o.sequence = from.number();
  o.reason = from.text(64);
  o.text = from.text(max_why);
  return o;
}

waiting read_waiting(msgpack_cursor& from) {
  const std::string_view name = from.text(64);
  for (const auto w : {waiting::ready, waiting::leased, waiting::delayed})
    if (name == name_of(w)) return w;
  return waiting::unknown;
}

std::int64_t read_time(msgpack_cursor& from) { return static_cast<std::int64_t>(from.number(INT64_MAX)); }

bool read_delivered(msgpack_cursor& from, std::string_view key, delivered& d) {
  if (key == "s") d.sequence = from.number();
  else if (key == "a") d.attempt = static_cast<std::uint32_t>(from.number(UINT32_MAX));
  else if (key == "t") d.put_at = read_time(from);
  else if (key == "x") d.expires_at = read_time(from);
  else if (key == "o") d.origin = read_origin(from);
  else if (key == "w") d.state = read_waiting(from);
  else return read_property(from, key, d.what);
  return true;
}

void read_delivered_all(msgpack_cursor& from, std::vector<delivered>& into) {
  std::size_t n = from.array(max_messages);
  into.clear();
  for (into.reserve(n); n > 0 && from.ok(); --n) {
    delivered& d = into.emplace_back();
    from.pairs(max_depth - 2, [&](std::string_view key) { return read_delivered(from, key, d); });
  }
}

// Reads the value of one key of the answer that the op has, or returns false.
bool read_key(msgpack_cursor& from, std::string_view key, put_answer& a) {
  if (key == "s") read_numbers(from, a.sequences);
  else if (key == "dup") read_numbers(from, a.duplicates);
  else if (key == "bad") a.bad = read_bad(from);
  else return false;
  return true;
}
bool read_key(msgpack_cursor& from, std::string_view key, count_answer& a) {
  if (key == "n") a.n = from.number();
  else if (key == "bad") a.bad = read_bad(from);
  else return false;
  return true;
}
bool read_key(msgpack_cursor& from, std::string_view key, declare_answer& a) {
  if (key != "new") return false;
  a.is_new = from.boolean();
  return true;
}
bool read_key(msgpack_cursor&, std::string_view, done_answer&) { return false; }
bool read_key(msgpack_cursor&, std::string_view, refusal&) { return false; }
bool read_key(msgpack_cursor& from, std::string_view key, stat_answer& a) { return read_info(from, key, a.queue); }
bool read_key(msgpack_cursor& from, std::string_view key, ls_answer& a) {
  if (key != "qs") return false;
  a.queues = read_infos(from);
  return true;
}
bool read_key(msgpack_cursor& from, std::string_view key, messages_answer& a) {
  if (key == "q") a.queue = read_name(from);
  else if (key == "e") a.epoch = from.number();
  else if (key == "m") read_delivered_all(from, a.messages);
  else if (key == "z") read_numbers(from, a.sizes);
  else return false;
  return true;
}

void choose(answer& a) {
  switch (a.what) {
    case op::put: a.body = put_answer{}; break;
    case op::get:
    case op::cancel:
    case op::ack:
    case op::nack:
    case op::extend:
    case op::remove:
    case op::purge:
    case op::redrive: a.body = count_answer{}; break;
    case op::declare: a.body = declare_answer{}; break;
    case op::set:
    case op::pause: a.body = done_answer{}; break;
    case op::stat: a.body = stat_answer{}; break;
    case op::ls: a.body = ls_answer{}; break;
    case op::peek:
    case op::msg: a.body = messages_answer{}; break;
    case op::error: a.body = refusal{}; break;
  }
}

// An answer with a code is a refusal, whatever its op.
struct refused {
  std::string_view code;
  std::string_view text;
  bool read_key(msgpack_cursor& from, std::string_view key) {
    if (key == "code") code = from.text(64);
    else if (key == "text") text = from.text(max_header);
    else return false;
    return true;
  }
};

bool is_named(const queue_info& q) { return !q.name.empty(); }

result<void> check(const answer& a, const message& whole, std::size_t at) {
  std::size_t frames = whole.size() - at - 2;
  const auto* stat = std::get_if<stat_answer>(&a.body);
  const auto* ls = std::get_if<ls_answer>(&a.body);
  if ((stat != nullptr && !is_named(stat->queue)) ||
      (ls != nullptr && !std::all_of(ls->queues.begin(), ls->queues.end(), is_named)))
    return failure(errc::malformed, "a queue without its name");
  if (const auto* m = std::get_if<messages_answer>(&a.body)) {
    if (m->queue.empty()) return failure(errc::malformed, "the key `q` is missing");
    const auto unpacked = body_frames(whole, at, m->sizes);
    if (!unpacked) return unpacked.error();
    frames = *unpacked;
    if (frames_fit(m->messages, frames, [](const delivered& d) { return d.what.frames; })) return {};
  } else if (frames == 0) {
    return {};
  }
  return failure(errc::malformed, std::to_string(frames) + " frames of bodies are not those that the header names");
}

}  // namespace

std::string_view name_of(waiting state) noexcept {
  constexpr std::string_view names[] = {"unknown", "ready", "leased", "delayed"};
  return names[static_cast<std::size_t>(state)];
}

void append(const answer& a, message& to) {
  std::string bytes;
  {
    short_map map(bytes);
    map.text("op", name_of(a.what));
    if (a.id) map.number("id", *a.id);
    std::visit(writer{bytes, map}, a.body);
  }
  append_header(bytes, to);
}

result<void> read(const message& m, std::size_t at, answer& into) {
  into.what = op::error;
  into.id.reset();
  auto opened = open_header(m, at);
  if (!opened) return opened.error();
  msgpack_cursor& from = *opened;
  into.what = op_named(read_op_and_id(from, into.id));
  choose(into);
  refused why;
  std::visit(
      [&](auto& body) {
        from.pairs(max_depth, [&](std::string_view key) {
          return why.read_key(from, key) || (from.ok() && read_key(from, key, body));
        });
      },
      into.body);
  if (from.ok() && !from.at_end()) from.fail("bytes left after the header");
  if (!from.ok()) return from.verdict();
  if (!why.code.empty()) into.body = refusal{code_named(why.code), std::string(why.text)};
  else if (into.what == op::error) return failure(errc::malformed, "an answer without a known op and without a code");
  return check(into, m, at);
}

}  // namespace wye::queue_protocol
