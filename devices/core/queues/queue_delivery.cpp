// Consumers, leases and timers of a named queue.
#include <algorithm>

#include "named_queue.hpp"

namespace wye::devices {
namespace {

constexpr std::size_t batch_messages = 256;
constexpr std::size_t batch_bytes = std::size_t{64} << 10;
constexpr std::size_t batch_frames = 1000;               // an engine's message has at most 1024
constexpr std::size_t most_out = std::size_t{64} << 20;  // bytes leased to one consumer, whatever it asks for
constexpr std::uint64_t most_credit = std::uint64_t{1} << 40;
constexpr micros crowded_pause = 1'000;  // no event tells that one connection has room again
constexpr std::uint32_t no_lease = UINT32_MAX;
constexpr int timers_at_a_time = 1000;
constexpr std::size_t departures_at_a_time = 1000;
constexpr std::size_t most_read_ahead = 1024;

std::size_t frames_of(const handed& h) { return std::max<std::size_t>(h.head.frames.size(), 1); }

}  // namespace

// --- consumers

result<void> named_queue::get(const client_ptr& who, std::uint64_t id, const queue_protocol::get_request& r,
                              micros now) {
  const consumer_key key{who.get(), id};
  if (!consumers_.contains(key) && consumers_.size() >= bounds_.consumers)
    return failure(errc::limit, "queue '" + name_ + "' has " + std::to_string(bounds_.consumers) +
                                    " consumers, as many as it may have: cancel some, or use one for several gets");
  queue_consumer& c = consumers_[key];
  c.who = who;
  c.id = id;
  c.credit = std::min(c.credit + std::min(r.n, most_credit), most_credit);
  c.max_bytes = r.bytes != 0 ? std::min<std::uint64_t>(r.bytes, most_out) : most_out;
  c.lease = r.lease ? in_micros(*r.lease) : 0;
  c.automatic = r.automatic;
  c.packed = r.packed;
  c.wait_until = r.wait ? now + in_micros(*r.wait) : 0;
  c.temporary = r.wait.has_value();
  if (c.wait_until != 0) first_wait_ = std::min(first_wait_, c.wait_until);
  stand_in_line(c);
  return {};
}

std::uint64_t named_queue::cancel(const client_ptr& who, std::uint64_t id, micros now) {
  const auto found = consumers_.find({who.get(), id});
  if (found == consumers_.end()) return 0;
  queue_consumer& c = found->second;
  const std::uint64_t left = std::exchange(c.credit, 0);
  c.temporary = true;
  if (active_ == &c) active_ = nullptr;
  drop_if_done(c, now);
  return left;
}

void named_queue::leave(const client_ptr& who, micros now) {
  for (auto at = consumers_.lower_bound({who.get(), 0}); at != consumers_.end() && at->first.first == who.get();) {
    queue_consumer& c = (at++)->second;
    return_leases(c, now);
    remove_consumer(c, now);
  }
}

void named_queue::stand_in_line(queue_consumer& c) {
  if (c.in_line || c.credit == 0) return;
  line_.push_back(&c);
  c.in_line = true;
}

void named_queue::drop_if_done(queue_consumer& c, micros now) {
  if (c.temporary && c.credit == 0 && c.first_lease == no_lease) remove_consumer(c, now);
}

void named_queue::remove_consumer(queue_consumer& c, micros) {
  if (c.in_line) std::erase(line_, &c);
  if (active_ == &c) active_ = nullptr;
  consumers_.erase({c.who.get(), c.id});
}

// The next single consumer. Its epoch must be durable before it gets anything: whoever compares epochs must never see
// one of them twice.
void named_queue::activate(micros now) {
  if (!rules_.single || active_ != nullptr || line_.empty()) return;
  active_ = line_.front();
  for (auto& [key, c] : consumers_) return_leases(c, now);
  ++epoch_;
  activating_ = state_wanted_ = true;
}

// --- handing out

std::size_t named_queue::serve(micros now, const sender& send) {
  first_rest_ = INT64_MAX;
  if (paused_ || count(item_state::ready) == 0) return 0;
  activate(now);
  if (activating_) return 0;
  std::size_t sent = 0;
  for (std::size_t n = line_.size(); n > 0 && count(item_state::ready) > 0; --n) {
    queue_consumer& c = *line_.front();
    line_.pop_front();
    c.in_line = false;
    if (may_have(c, now)) take_batch(c, now);
    if (!batch_.empty()) {
      const std::size_t n_sent = send(c, batch_);
      settle_batch(c, n_sent, now);
      sent += n_sent;
    }
    stand_in_line(c);
    drop_if_done(c, now);
  }
  return sent;
}

bool named_queue::may_have(const queue_consumer& c, micros now) {
  if (c.rest_until > now) first_rest_ = std::min(first_rest_, c.rest_until);
  return c.rest_until <= now && (!rules_.single || active_ == &c);
}

// Its sequence, and where it stands; null if there is none.
std::pair<sequence, item*> named_queue::next_ready(micros now) {
  for (;;) {
    item* it = nullptr;
    const auto s = ready_.front([&](sequence x) {
      it = items_.find(x);
      return it != nullptr && it->state == item_state::ready;
    });
    if (!s) return {0, nullptr};
    const bool late = it->expires != 0 && it->expires <= now;
    if (!late && enter_group(*it, *s)) return {*s, it};
    ready_.pop(it->priority);
    if (late) perish(*s, *it, death::expired, {}, now);
  }
}

// What is in memory, or else what one read brings: a batch ends where the next read begins.
void named_queue::take_batch(queue_consumer& c, micros now) {
  std::size_t bytes = 0, frames = 0;
  while (c.credit > 0 && batch_.size() < batch_messages && bytes < batch_bytes) {
    if (count(item_state::leased) >= rules_.max_in_flight) return;
    const auto [s, next] = next_ready(now);
    if (next == nullptr) return;
    item& it = *next;
    if (c.bytes_out > 0 && c.bytes_out + it.bytes > c.max_bytes) return;
    if (!batch_.empty() && recent_.find(s) == nullptr && ahead_.find(s) == nullptr) return;
    handed* const message = load(s);
    if (message == nullptr && is_ready(s)) return;  // the log can't be read
    if (message == nullptr) continue;               // lost
    frames += frames_of(*message);
    if (!batch_.empty() && frames > batch_frames) return;
    ready_.pop(it.priority);
    bytes += it.bytes;
    if (it.attempt < UINT16_MAX) ++it.attempt;
    --c.credit;
    message->attempt = it.attempt;
    give_lease(s, it, c, now);
    batch_.push_back(std::move(*message));
  }
}

void named_queue::settle_batch(queue_consumer& c, std::size_t sent, micros now) {
  if (sent < batch_.size()) c.rest_until = now + crowded_pause, first_rest_ = std::min(first_rest_, c.rest_until);
  for (std::size_t i = 0; i < batch_.size(); ++i) {
    const sequence s = batch_[i].number;
    item& it = *items_.find(s);
    if (i >= sent) {
      untake(c, s, it);
      continue;
    }
    ++counts_.delivered;
    if (it.attempt > 1) ++counts_.redelivered;
    recent_.drop(s), ahead_.drop(s);
    if (!c.automatic) continue;
    end_lease(it);
    ++counts_.acked;
    remove(s, it, now);
  }
  batch_.clear();
}

void named_queue::untake(queue_consumer& c, sequence s, item& it) {
  end_lease(it);
  --it.attempt, ++c.credit;
  become(it, item_state::ready);
  ready_.insert(it.priority, s);
}

handed* named_queue::load(sequence s) {
  body_window::place* p = recent_.find(s);
  if (p == nullptr) p = ahead_.find(s);
  if (p == nullptr) p = read_ahead(s);
  if (p == nullptr) return nullptr;
  if (!read(p->head.bytes(), loaded_.head)) return lose(s, 0), nullptr;
  loaded_.number = s;
  loaded_.put_at = p->time;
  loaded_.body = p->body;
  return &loaded_;
}

const handed* named_queue::fetch(sequence s) {
  handed* const found = load(s);
  if (found != nullptr) found->attempt = items_.find(s)->attempt;
  return found;
}

// Reads on from `s` as far as it has been worth it lately.
body_window::place* named_queue::read_ahead(sequence s) {
  reads_ahead_ = used_ahead_ * 2 < reads_ahead_ ? std::max<std::size_t>(reads_ahead_ / 2, 1)
                                                : std::min(reads_ahead_ * 2, most_read_ahead);
  used_ahead_ = 0;
  ahead_.clear();
  read_.clear();
  const auto got = kept_->read(s, {.records = reads_ahead_, .bytes = std::size_t{1} << 20}, read_);
  if (!got) return nullptr;
  for (const record& r : read_)
    if (r.number == s || is_ready(r.number)) ahead_.add(r.number, r.head, r.body, r.time), ++used_ahead_;
  read_.clear();
  if (ahead_.find(s) == nullptr) lose(s, 0);
  return ahead_.find(s);
}

// The record is damaged: it stays in the log for repair, and is no message any more.
void named_queue::lose(sequence s, micros) {
  item* const it = items_.find(s);
  if (it == nullptr) return;
  const item was = *it;
  become(*it, item_state::none);
  items_.erase(s);
  leave_group(was, s);
  ++counts_.damaged;
}

// --- leases

void named_queue::give_lease(sequence s, item& it, queue_consumer& c, micros now) {
  if (free_leases_.empty()) {
    free_leases_.push_back(static_cast<std::uint32_t>(leases_.size()));
    leases_.emplace_back();
  }
  it.slot = free_leases_.back();
  free_leases_.pop_back();
  lease& l = leases_[it.slot];
  l = {.of = s, .until = now + (c.lease != 0 ? c.lease : rules_.lease), .who = &c, .next = c.first_lease};
  if (l.next != no_lease) leases_[l.next].previous = it.slot;
  c.first_lease = it.slot;
  c.bytes_out += it.bytes;
  become(it, item_state::leased);
  if (!c.automatic) lease_ends_.add(l.until, s);
}

void named_queue::end_lease(item& it) {
  lease& l = leases_[it.slot];
  (l.previous != no_lease ? leases_[l.previous].next : l.who->first_lease) = l.next;
  if (l.next != no_lease) leases_[l.next].previous = l.previous;
  l.who->bytes_out -= it.bytes;
  free_leases_.push_back(it.slot);
}

item* named_queue::leased(const client_ptr& who, std::uint64_t epoch, sequence s, std::uint32_t attempt) {
  item* const it = items_.find(s);
  const bool held = it != nullptr && it->state == item_state::leased && it->attempt == attempt && epoch == epoch_ &&
                    leases_[it->slot].who->who == who;
  if (!held) ++counts_.stale;
  return held ? it : nullptr;
}

errc named_queue::ack(const client_ptr& who, std::uint64_t epoch, sequence s, std::uint32_t attempt, micros now) {
  item* const it = leased(who, epoch, s, attempt);
  if (it == nullptr) return errc::stale;
  queue_consumer& c = *leases_[it->slot].who;
  end_lease(*it);
  ++counts_.acked;
  remove(s, *it, now);
  drop_if_done(c, now);
  return errc::ok;
}

errc named_queue::nack(const client_ptr& who, std::uint64_t epoch, sequence s, std::uint32_t attempt,
                       const queue_protocol::settle_request& how, micros now) {
  item* const it = leased(who, epoch, s, attempt);
  if (it == nullptr) return errc::stale;
  queue_consumer& c = *leases_[it->slot].who;
  end_lease(*it);
  ++counts_.nacked;
  if (how.how == queue_protocol::nack_how::dead) perish(s, *it, death::rejected, how.why, now);
  else give_back(s, *it, how.how == queue_protocol::nack_how::delay ? now + in_micros(how.delay) : 0, now);
  drop_if_done(c, now);
  return errc::ok;
}

errc named_queue::extend(const client_ptr& who, std::uint64_t epoch, sequence s, std::uint32_t attempt, micros time,
                         micros now) {
  item* const it = leased(who, epoch, s, attempt);
  if (it == nullptr) return errc::stale;
  leases_[it->slot].until = now + time;
  lease_ends_.add(now + time, s);
  return errc::ok;
}

// After its lease ended. That it was given out is written down, so that a message that kills its consumers, and the
// device with them, comes to its last attempt all the same.
void named_queue::give_back(sequence s, item& it, micros not_before, micros now) {
  if (rules_.max_deliver != 0 && it.attempt >= rules_.max_deliver)
    return perish(s, it, death::delivery_limit, "given out " + std::to_string(it.attempt) + " times", now);
  if (it.expires != 0 && it.expires <= now) return perish(s, it, death::expired, {}, now);
  const std::size_t head_at = heads_.size();
  devices::append(attempts_note{s, it.attempt, not_before}, heads_);
  draft& d = new_draft(record_kind::attempts, head_at, now);
  d.of = s;
  d.replaces = std::exchange(it.note, 0);
  if (not_before <= now) {
    place(s, it, now);
    return leave_group(it, s);
  }
  become(it, item_state::delayed);  // and its group waits for it
  delays_.add(not_before, s);
}

void named_queue::return_leases(queue_consumer& c, micros now) {
  while (c.first_lease != no_lease) {
    const sequence s = leases_[c.first_lease].of;
    item& it = *items_.find(s);
    end_lease(it);
    give_back(s, it, 0, now);
  }
}

// --- time

void named_queue::attend(micros now, std::vector<outcome>& due) {
  const auto ends = [this](const timer_heap::timer& t) {
    const item* it = items_.find(t.what);
    return it != nullptr && it->state == item_state::leased && leases_[it->slot].until == t.when;
  };
  const auto delayed = [this](const timer_heap::timer& t) {
    const item* it = items_.find(t.what);
    return it != nullptr && it->state == item_state::delayed;
  };
  const auto expires = [this](const timer_heap::timer& t) {
    const item* it = items_.find(t.what);
    return it != nullptr && it->expires == t.when &&
           (it->state == item_state::ready || it->state == item_state::delayed);
  };
  const auto lives = [this](const timer_heap::timer& t) {
    const item* it = items_.find(t.what);
    return it != nullptr && it->expires == t.when;
  };
  for (int n = 0; n < timers_at_a_time; ++n) {
    const auto s = lease_ends_.pop_due(now, ends);
    if (!s) break;
    item& it = *items_.find(*s);
    queue_consumer& c = *leases_[it.slot].who;
    end_lease(it);
    give_back(*s, it, 0, now);
    drop_if_done(c, now);
  }
  for (int n = 0; n < timers_at_a_time; ++n) {
    const auto s = delays_.pop_due(now, delayed);
    if (!s) break;
    place(*s, *items_.find(*s), now);
  }
  for (int n = 0; n < timers_at_a_time && departures.size() < departures_at_a_time; ++n) {
    const auto s = expiries_.pop_due(now, expires);
    if (!s) break;
    perish(*s, *items_.find(*s), death::expired, {}, now);
  }
  lease_ends_.tidy(count(item_state::leased), ends);
  expiries_.tidy(items_.size(), lives);
  ready_.tidy(count(item_state::ready), [this](sequence s) { return is_ready(s); });
  end_waits(now, due);
  redrive_some(now);
  seen_.expire(now), numbered_.expire(now);
  for (; !seen_notes_.empty() && seen_notes_.front().first <= now; seen_notes_.pop_front())
    gone_.push_back(seen_notes_.front().second);
}

void named_queue::end_waits(micros now, std::vector<outcome>& due) {
  if (first_wait_ > now) return;
  first_wait_ = INT64_MAX;
  for (auto at = consumers_.begin(); at != consumers_.end();) {
    queue_consumer& c = (at++)->second;
    if (c.wait_until > now) first_wait_ = std::min(first_wait_, c.wait_until);
    if (c.wait_until == 0 || c.wait_until > now) continue;
    c.wait_until = 0;
    if (c.credit == 0) continue;
    queue_protocol::answer left{.what = queue_protocol::op::get, .id = c.id};
    left.body.emplace<queue_protocol::count_answer>().n = c.credit;
    due.emplace_back(c.who, std::move(left));
    c.credit = 0;
    if (active_ == &c) active_ = nullptr;
    drop_if_done(c, now);
  }
}

micros named_queue::next_timer() const noexcept {
  const micros next = std::min({lease_ends_.next(), delays_.next(), first_wait_, first_rest_});
  if (departures.size() >= departures_at_a_time) return next;  // nobody more may go before those have gone
  return std::min({next, expiries_.next(), redriving_ ? redriving_->next : INT64_MAX});
}

std::uint64_t named_queue::redrive(const queue_protocol::redrive_request& r, micros now) {
  const std::uint64_t here = count(item_state::ready);
  redriving_ = redriving{std::min(r.n.value_or(here), here), r.rate.value_or(0), std::string(r.to), now};
  return redriving_->left;
}

void named_queue::redrive_some(micros now) {
  if (!redriving_ || redriving_->next > now) return;
  redriving& job = *redriving_;
  while (job.left > 0 && job.next <= now && departures.size() < departures_at_a_time) {
    const auto s = ready_.front([this](sequence x) { return is_ready(x); });
    if (!s) break;
    item& it = *items_.find(*s);
    ready_.pop(it.priority);
    become(it, item_state::moving);
    departures.push_back({*s, death::none, {}, job.to});
    --job.left;
    if (job.rate != 0)
      job.next += std::max<micros>(1'000'000 / static_cast<micros>(std::min<std::uint64_t>(job.rate, 1'000'000)), 1);
  }
  if (job.left == 0 || count(item_state::ready) == 0) redriving_.reset();
}

// --- peeking

result<void> named_queue::peek(sequence from, std::uint64_t n, std::vector<handed>& into) {
  constexpr std::size_t most_bytes = std::size_t{4} << 20;
  peeked_.clear();
  std::size_t bytes = 0, frames = 0;
  for (int reads = 0; into.size() < n && reads < 64; ++reads) {
    read_.clear();
    const auto next = kept_->read(from, {.records = 256, .bytes = most_bytes}, read_);
    if (!next) return next.error();
    for (const record& r : read_) {
      handed h;
      if (into.size() >= n || !show_waiting(r, h)) continue;
      bytes += r.body.size(), frames += frames_of(h);
      if (!into.empty() && (bytes > most_bytes || frames > batch_frames)) n = into.size();
      if (into.size() >= n) continue;
      peeked_.push_back(r);
      into.push_back(std::move(h));
    }
    from = *next;
    if (from >= kept_->bounds().next) break;
  }
  read_.clear();
  for (std::size_t i = 0; i < into.size(); ++i) (void)read(peeked_[i].head.bytes(), into[i].head);
  return {};
}

// False if the record is no message that waits.
bool named_queue::show_waiting(const record& r, handed& into) const {
  using queue_protocol::waiting;
  const item* it = items_.find(r.number);
  if (it == nullptr || !read(r.head.bytes(), into.head)) return false;
  if (it->state == item_state::ready) into.state = waiting::ready;
  else if (it->state == item_state::leased) into.state = waiting::leased;
  else if (it->state == item_state::delayed) into.state = waiting::delayed;
  else return false;
  into.number = r.number, into.attempt = it->attempt, into.put_at = r.time;
  into.body = r.body;
  return true;
}

}  // namespace wye::devices
