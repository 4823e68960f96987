// A named queue rebuilds itself from its log. Only heads are read.
#include <algorithm>

#include "named_queue.hpp"

namespace wye::devices {

result<std::unique_ptr<named_queue>> named_queue::open(std::string name, std::unique_ptr<log> kept,
                                                       const queue_rules& rules, const queue_bounds& bounds,
                                                       micros now) {
  std::unique_ptr<named_queue> q(new named_queue(std::move(name), std::move(kept), rules, bounds));
  if (auto done = q->rebuild(now); !done) return done.error();
  return q;
}

// The epoch grows with each opening: what was leased before is nobody's any more.
result<void> named_queue::rebuild(micros now) {
  found_seen seen;
  for (sequence from = kept_->bounds().first; from < kept_->bounds().next;) {
    read_.clear();
    const auto next = kept_->read(from, {.records = 4096, .bytes = std::size_t{4} << 20, .bodies = false}, read_);
    if (!next) return next.error();
    for (const record& r : read_) take_in(r, seen, now);
    from = *next;
  }
  read_.clear();
  std::ranges::sort(seen.ids, {}, &seen_id::first);
  for (const seen_id& s : seen.ids) seen_.add(s);
  std::ranges::sort(seen.runs, {}, &put_run::at);
  for (const put_run& r : seen.runs) numbered_.add(r);
  items_.each([&](sequence s, item& it) {
    ++counts_.put;
    if (it.expires != 0) expiries_.add(it.expires, s);
    if (it.state == item_state::ready) ready_.append(it.priority, s);
  });
  ++epoch_;
  state_wanted_ = true;
  return {};
}

void named_queue::take_in(const record& r, found_seen& seen, micros now) {
  const auto kind = kind_of(r.head.bytes());
  if (kind == record_kind::message) return take_in_message(r, seen, now);
  if (kind == record_kind::seen) return take_in_seen(r, seen.ids, now);
  if (kind == record_kind::numbered) return take_in_seen(r, seen.runs, now);
  attempts_note attempts;
  if (read(r.head.bytes(), attempts)) {
    item* const it = items_.find(attempts.of);
    if (it == nullptr) return gone_.push_back(r.number);
    it->attempt = attempts.attempts;
    if (it->note != 0) gone_.push_back(it->note);
    it->note = r.number;
    if (attempts.not_before <= now || it->state != item_state::ready) return;
    become(*it, item_state::delayed);
    delays_.add(attempts.not_before, attempts.of);
  }
  state_note state;
  if (!read(r.head.bytes(), state)) return;  // of a newer version: left alone
  if (state_record_ != 0) gone_.push_back(state_record_);
  state_record_ = r.number;
  epoch_ = state.epoch, paused_ = state.paused, rules_ = state.rules;
}

void named_queue::take_in_message(const record& r, found_seen& seen, micros now) {
  message_head head;
  if (!read(r.head.bytes(), head)) return void(++counts_.damaged);
  item& it = items_.add(r.number);
  it.expires = head.expires;
  it.bytes = head.size;
  it.priority = head.priority;
  become(it, head.not_before > now ? item_state::delayed : item_state::ready);
  if (head.not_before > now) delays_.add(head.not_before, r.number);
  if (head.origin) found_origins.emplace_back(head.origin->queue, head.origin->number);
  if (head.number.producer != 0 && head.seen_until > now)
    devices::append({head.number, r.number, 1, head.seen_until}, seen.runs);
  if (head.carried.empty()) return;
  const auto p = queue_protocol::read_properties(head.carried);
  if (!p) return;
  it.group = group_of(p->group.bytes);
  if (head.seen_until > now && !p->dedup.empty())
    seen.ids.push_back({hash_of(p->dedup.bytes), r.number, head.seen_until});
}

template <class Seen>
void named_queue::take_in_seen(const record& r, std::vector<Seen>& seen, micros now) {
  std::vector<Seen> some;
  if (!read(r.head.bytes(), some)) return;
  micros until = 0;
  for (const Seen& s : some) until = std::max(until, s.until);
  if (until <= now) return gone_.push_back(r.number);
  std::ranges::copy_if(some, std::back_inserter(seen), [now](const Seen& s) { return s.until > now; });
  seen_notes_.emplace_back(until, r.number);
}

}  // namespace wye::devices
