#include "binding.hpp"

#include <algorithm>

#include <wye/queue_protocol.hpp>

namespace wye::devices::logs {
namespace {

constexpr duration shortest_pause = std::chrono::milliseconds(100), longest_pause = std::chrono::seconds(10);
constexpr duration look_again = std::chrono::milliseconds(20);  // a connection that ends wakes nobody
constexpr duration patience = std::chrono::seconds(2);          // until silence is called trouble

// What no later attempt can change. What only the other side calls malformed need not be the message's fault.
bool is_for_good(errc code) noexcept { return code == errc::too_large; }

filter filter_of(const binding_settings& b) {
  filter f;
  if (b.how == routing::direct) f.exact = b.match;
  if (b.how == routing::topic) f.match = b.match;
  f.headers = b.headers, f.any = b.any;
  return f;
}

// The topic goes along as a header, unless the message's own leave no room for it.
std::map<std::string, std::string> headers_of(const head& h) {
  std::map<std::string, std::string> all;
  for (const auto& [name, value] : queue_protocol::headers_in(h.headers)) all.emplace(name, value);
  const bool fits = all.size() < queue_protocol::max_headers &&
                    h.headers.size() + h.topic.size() + 16 < queue_protocol::max_header_bytes;
  if (fits && !h.topic.empty()) all.insert_or_assign("topic", std::string(h.topic));
  return all;
}

// A stranger's sentence is passed on, but not without end.
std::string brief(const failure& why) { return why.message().substr(0, 500); }

std::string text_of(std::uint64_t place) {
  return "partition " + std::to_string(partition_in(place)) + ", sequence " + std::to_string(sequence_in(place));
}

}  // namespace

binding::binding(std::string name, binding_settings settings, std::uint64_t id, stream& from, progress begin,
                 std::unique_ptr<outlet> to)
    : name_(std::move(name)),
      settings_(std::move(settings)),
      id_(id),
      from_(from),
      wanted_(filter_of(settings_)),
      to_(std::move(to)),
      ahead_(begin.ahead.begin(), begin.ahead.end()),
      put_(begin.put),
      dropped_(begin.dropped),
      last_dropped_(begin.last_dropped) {
  begin.next.resize(from.partitions.size(), 1);
  for (std::size_t i = 0; i < begin.next.size(); ++i)  // after a loss of power a cursor may be ahead of its log
    readers_.emplace_back(std::min(begin.next[i], from.partitions[i]->info().next));
}

std::size_t binding::turn(time_point now) {
  take_outcomes(now);
  if (sent_.empty()) moved_at_ = now;
  if (now < retry_at_ || (troubled_ && !sent_.empty())) return 0;
  const std::size_t done = put_waiting(now);
  return troubled_ ? done : done + read_on();
}

time_point binding::next_timer(time_point now) const {
  const time_point retry = troubled_ && sent_.empty() ? retry_at_ : time_point::max();
  return sent_.empty() ? retry : now + look_again;
}

// --- outcomes --------------------------------------------------------------------------------------------------------

void binding::take_outcomes(time_point now) {
  outcomes_.clear();
  to_->take(outcomes_);
  for (const auto& how : outcomes_) {
    if (sent_.empty()) break;
    slot& s = slots_[sent_.front() - first_];
    sent_.pop_front();
    settle(s, how, now);
    moved_at_ = now;
  }
  forget_settled();
}

void binding::settle(slot& s, const result<put_receipt>& how, time_point now) {
  if (!how && is_for_good(how.code())) return drop(s, how.error());
  if (!how) return refuse(s, how.error(), now);
  s.where = state::settled, s.body = {};
  ++put_;
  troubled_ = false, pause_ = {}, retry_at_ = {};
}

void binding::drop(slot& s, const failure& why) {
  s.where = state::settled, s.body = {};
  ++dropped_, troubled_ = false;
  last_dropped_ = s.place;
  last_reason_ = std::string(name_of(why.code())) + ": " + brief(why);
}

void binding::refuse(slot& s, const failure& why, time_point now) {
  s.where = state::waiting;
  ++waiting_, ++refused_;
  refusal_ = brief(why);
  if (!std::exchange(troubled_, true) || now >= retry_at_)
    pause_ = std::clamp(pause_ * 2, shortest_pause, longest_pause), retry_at_ = now + pause_;
}

void binding::forget_settled() {
  for (; !slots_.empty() && slots_.front().where == state::settled; slots_.pop_front(), ++first_)
    bytes_ -= slots_.front().bytes;
}

// --- putting ---------------------------------------------------------------------------------------------------------

// After a refusal one message finds out whether the queue takes again.
std::size_t binding::put_waiting(time_point now) {
  std::size_t done = 0;
  for (std::size_t i = 0; i < slots_.size() && waiting_ > 0; ++i) {
    if (slots_[i].where != state::waiting) continue;
    if (!put_one(slots_[i], now)) break;
    ++done;
    if (slots_[i].where != state::sent) continue;
    sent_.push_back(first_ + i);
    if (troubled_) break;
  }
  return done;
}

// False if it has to be tried again later.
bool binding::put_one(slot& s, time_point now) {
  --waiting_;
  const auto taken = to_->put(s.body, s.properties);
  if (taken) return s.where = state::sent, true;
  if (is_for_good(taken.code()) || taken.code() == errc::malformed) return drop(s, taken.error()), true;
  return refuse(s, taken.error(), now), false;
}

std::string binding::dedup_id(std::uint64_t place, std::int64_t time) const {
  std::string id;
  for (const std::uint64_t part : {id_, place, static_cast<std::uint64_t>(time)})
    for (std::size_t i = 0; i < sizeof part; ++i) id.push_back(static_cast<char>(part >> (8 * i)));
  return id;
}

// --- reading ---------------------------------------------------------------------------------------------------------

std::size_t binding::read_on() {
  for (std::size_t tried = 0; tried < readers_.size(); ++tried) {
    if (slots_.size() >= most_waiting || bytes_ >= most_waiting_bytes) return 0;
    const auto i = static_cast<std::uint32_t>(turn_);
    turn_ = (turn_ + 1) % readers_.size();
    if (!readers_[i].has_more(*from_.partitions[i])) continue;
    const std::size_t done = read(i, {.messages = most_waiting - slots_.size(), .bytes = most_waiting_bytes - bytes_});
    if (done > 0) return done;
  }
  return 0;
}

std::size_t binding::read(std::uint32_t partition, credit left) {
  const auto found = readers_[partition].read(*from_.partitions[partition], wanted_, left);
  if (!found) return 0;  // the store says why
  if (found->missing) missed_ += found->missing->last + 1 - found->missing->first;
  for (const record& r : found->messages) add(partition, r);
  forget_settled();
  return 1 + found->messages.size();
}

void binding::add(std::uint32_t partition, const record& r) {
  slot s{.place = place_of(partition, r.number), .body = {}, .properties = {}, .bytes = r.body.size()};
  bytes_ += s.bytes;
  if (ahead_.erase(s.place) > 0) {
    s.where = state::settled;
  } else {
    const auto h = read_head(r.head.bytes()).value_or(head());
    append_frames(h, r.body, s.body);
    s.properties = {.dedup_id = dedup_id(s.place, r.time), .headers = headers_of(h)};
    ++waiting_;
  }
  slots_.push_back(std::move(s));
}

// --- telling ---------------------------------------------------------------------------------------------------------

progress binding::reached() const {
  progress p{.put = put_, .dropped = dropped_, .last_dropped = last_dropped_, .next = {}, .ahead = {}};
  for (const reader& r : readers_) p.next.push_back(r.next());
  for (std::size_t i = slots_.size(); i-- > 0;)  // the first of each partition is written last
    if (slots_[i].where != state::settled) p.next[partition_in(slots_[i].place)] = sequence_in(slots_[i].place);
  const auto is_ahead = [&](std::uint64_t place) { return sequence_in(place) >= p.next[partition_in(place)]; };
  for (const slot& s : slots_)
    if (s.where == state::settled && is_ahead(s.place)) p.ahead.push_back(s.place);
  std::ranges::copy_if(ahead_, std::back_inserter(p.ahead), is_ahead);
  return p;
}

binding_info binding::info(time_point now) {
  const progress p = reached();
  binding_info i{.name = name_, .settings = settings_, .at = {}};
  for (std::uint32_t n = 0; n < p.next.size(); ++n) {
    i.at.push_back({n, p.next[n]});
    const sequence end = from_.partitions[n]->info().next;
    i.lag += end - std::min(end, p.next[n]);
  }
  i.waiting = slots_.size(), i.put = put_, i.dropped = dropped_, i.refused = refused_, i.missed = missed_;
  if (troubled_) i.trouble = refusal_;
  else if (!sent_.empty() && now - moved_at_ > patience) i.trouble = to_->trouble();
  if (last_dropped_ != 0) i.last_dropped = text_of(last_dropped_) + (last_reason_.empty() ? "" : ": " + last_reason_);
  return i;
}

}  // namespace wye::devices::logs
