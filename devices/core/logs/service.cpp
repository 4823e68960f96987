#include "service.hpp"

#include <algorithm>

namespace wye::devices::logs {
namespace {

using log_protocol::op;

constexpr std::size_t most_read_bytes = std::size_t{512} << 10;
constexpr auto keep_every = std::chrono::milliseconds(50);  // what is put meanwhile is known to the queue

bool changes(op what) noexcept {
  switch (what) {
    case op::sub:
    case op::ack:
    case op::declare:
    case op::set:
    case op::remove:
    case op::seek:
    case op::forget:
    case op::trim:
    case op::bind:
    case op::unbind: return true;
    default: return false;
  }
}

}  // namespace

void service::take(const std::string& session, const message& m, std::size_t at, std::int64_t now) {
  request r;
  const auto understood = log_protocol::read(m, at, r);
  if (understood) return act(session, r, m, at + 2, now);
  ++malformed_;
  outside_.send(session,
                answer{.what = r.what, .id = r.id, .code = understood.code(), .text = understood.error().message()});
}

// What changes something is answered when that is durable, and in the order of the requests.
void service::act(const std::string& session, const request& r, const message& m, std::size_t at, std::int64_t now) {
  if (r.what == op::pub) return publishing_.publish(session, r, m, at, now);
  if (r.what == op::read) return read(session, r);
  answer a{.what = r.what, .id = r.id};
  const auto done = changes(r.what)        ? change(session, r, a)
                    : r.what == op::credit ? subscriptions_.add_credit(session, r)
                    : r.what == op::unsub  ? subscriptions_.close(session, r.sub)
                                           : look(r, a);
  if (!done) a.code = done.code(), a.text = done.error().message(), ++rejected_;
  const bool silent = !r.id && (r.what == op::credit || r.what == op::ack);
  if (changes(r.what)) publishing_.note_change();
  if (silent && done) return;
  if (changes(r.what) && r.what != op::sub) publishing_.answer_later(session, std::move(a));
  else outside_.send(session, a);  // of a subscription before its first message
}

result<void> service::change(const std::string& session, const request& r, answer& a) {
  switch (r.what) {
    case op::sub: return open(session, r, a);
    case op::ack: return subscriptions_.ack(session, r);
    case op::seek: return subscriptions_.seek(r);
    case op::forget: return subscriptions_.forget(r);
    case op::trim: return trim(r, a);
    case op::set: return streams_.set(r.stream, r.settings);
    case op::remove: return remove(r);
    case op::bind: return bind(r, a);
    case op::unbind: return bindings_.unbind(r.name);
    default: break;
  }
  const auto made = streams_.declare(r.stream, r.settings.empty() ? std::string_view("\x80", 1) : r.settings);
  if (!made) return made.error();
  a.is_new = *made;
  return {};
}

result<void> service::open(const std::string& session, const request& r, answer& a) {
  const auto at = subscriptions_.open(session, r);
  if (!at) return at.error();
  a.sub = r.sub;
  a.at_positions = *at;
  return {};
}

result<void> service::bind(const request& r, answer& a) {
  const auto made = bindings_.bind(r);
  if (!made) return made.error();
  a.is_new = *made;
  return {};
}

result<void> service::trim(const request& r, answer& a) {
  const auto s = streams_.get(r.stream);
  if (!s) return s.error();
  for (std::uint32_t i = 0; i < (*s)->partitions.size(); ++i) {
    if (r.partition && *r.partition != i) continue;
    partition& p = *(*s)->partitions[i];
    const auto before = r.at != 0 ? p.first_at(r.at) : result<sequence>(r.sequence);
    if (!before) return before.error();
    const auto gone = p.trim(std::min(*before, p.durable_next()));
    if (!gone) return gone.error();
    a.n += *gone;
  }
  return {};
}

result<void> service::remove(const request& r) {
  const auto s = streams_.get(r.stream);
  if (!s) return s.error();
  if ((*s)->name == streams::fallback) return failure(errc::wrong_state, "the stream 'default' stays; trim it instead");
  publishing_.drop(**s);
  if (auto done = subscriptions_.drop(**s); !done) return done;
  if (auto done = bindings_.drop(**s); !done) return done;
  return streams_.remove(r.stream);
}

stream_info service::info_of(const stream& s) const {
  stream_info info{.name = s.name, .settings = s.settings, .partitions = {}, .cursors = subscriptions_.cursors_of(s)};
  for (const auto& p : s.partitions) {
    info.partitions.push_back(p->info());
    info.topics += p->by_topic().retained_count();
  }
  return info;
}

result<void> service::look(const request& r, answer& a) {
  if (r.what == op::ping) return {};
  if (r.what == op::bindings) return a.bindings = bindings_.list(), result<void>();
  if (r.what == op::ls) {
    for (const auto& [name, s] : streams_.all()) a.streams.push_back(info_of(*s));
    return {};
  }
  const auto s = streams_.get(r.stream);
  if (!s) return s.error();
  a.streams.push_back(info_of(**s));
  return {};
}

void service::read(const std::string& session, const request& r) {
  answer a{.what = op::read, .id = r.id};
  const auto s = streams_.get(r.stream);
  const std::uint32_t part = r.partition.value_or(0);
  std::vector<record> some;
  message bodies;
  result<sequence> next = s ? result<sequence>(errc::not_found) : result<sequence>(s.error());
  if (s && part < (*s)->partitions.size()) {
    const auto n = std::clamp<std::uint64_t>(r.n, 1, log_protocol::max_batch);
    next = (*s)->partitions[part]->read(r.sequence, {.records = n, .bytes = most_read_bytes}, some);
  }
  if (!next) a.code = next.code(), a.text = next.error().message(), ++rejected_;
  else a.next = *next;
  for (const record& one : some) a.messages.push_back(item_of(one, bodies));
  message m(session);
  append(a, m);
  for (frame& f : bodies) m.push_back(std::move(f));
  outside_.send(session, std::move(m));
}

std::size_t service::carry(time_point now) {
  const std::size_t done = bindings_.turn(now);
  if (now < next_keep_) return done;
  next_keep_ = now + keep_every;
  if (bindings_.keep()) publishing_.note_change();
  return done;
}

void service::tidy(std::int64_t now) {
  for (const auto& [name, s] : streams_.all())
    for (const auto& p : s->partitions) (void)p->tidy(now);  // a failure shows in the store's state
}

void service::beat() {
  for (const auto& session : subscriptions_.sessions()) outside_.send(session, answer{.what = op::beat});
}

}  // namespace wye::devices::logs
