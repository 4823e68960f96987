// Putting, writing, and what happens to messages. Delivery is in queue_delivery.cpp, opening in queue_opening.cpp.
#include "named_queue.hpp"

#include <algorithm>

namespace wye::devices {
namespace {

bool has_nothing_to_carry(const queue_protocol::properties& p) noexcept {
  return p.dedup.empty() && p.group.empty() && p.reply_to.empty() && p.correlation.empty() && p.headers.empty() &&
         p.priority == 0 && p.frames == 1;
}

// The order in which messages of a group come: higher priorities first.
constexpr int sequence_bits = 60;
constexpr sequence sequence_mask = (sequence{1} << sequence_bits) - 1;
sequence rank_of(std::uint8_t priority, sequence s) noexcept { return (9 - sequence{priority}) << sequence_bits | s; }

micros earlier_of(micros a, micros b) noexcept { return a == 0 ? b : b == 0 ? a : std::min(a, b); }

}  // namespace

// --- putting

bool named_queue::too_many() const noexcept {
  const std::uint64_t here = items_.size() - count(item_state::moving) + drafted_messages_;
  return rules_.max_messages != 0 && here >= rules_.max_messages;
}

bool named_queue::too_big(std::size_t more_bytes) const noexcept {
  return rules_.max_bytes != 0 && bytes_ + drafted_bytes_ + more_bytes > rules_.max_bytes;
}

bool named_queue::beyond(std::size_t more_bytes) const noexcept {
  return rules_.overflow != queue_overflow::drop_head && (too_many() || too_big(more_bytes));
}

void named_queue::expect(std::span<const queue_protocol::properties> next) const {
  if (rules_.dedup == 0) return;
  for (const auto& p : next)
    if (!p.dedup.empty()) seen_.prefetch(hash_of(p.dedup.bytes));
}

errc named_queue::put(const queue_protocol::properties& p, const frame& body, std::vector<std::uint32_t> frames,
                      micros now, queue_protocol::put_answer& into, put_number number) {
  const bool has_id = rules_.dedup != 0 && !p.dedup.empty();
  const bool has_number = rules_.dedup != 0 && !has_id && number.producer != 0;
  const id_hash id = has_id ? hash_of(p.dedup.bytes) : id_hash{};
  if (const sequence known = has_id ? remembered(id, now) : has_number ? numbered_.find(number, now) : 0) {
    into.duplicates.push_back(into.sequences.size());
    into.sequences.push_back(known);
    ++counts_.duplicates;
    return errc::ok;
  }
  if (rules_.max_bytes != 0 && body.size() > rules_.max_bytes) return ++counts_.refused, errc::too_large;
  if (beyond(body.size())) {
    if (rules_.overflow == queue_overflow::block) return errc::would_block;
    return ++counts_.refused, errc::full;
  }
  const micros by_queue = rules_.ttl != 0 ? now + rules_.ttl : 0;
  const micros by_message = p.ttl ? now + std::max<micros>(in_micros(*p.ttl), 1) : 0;
  const message_head head{.size = static_cast<std::uint32_t>(body.size()),
                          .priority = p.priority,
                          .expires = earlier_of(by_queue, by_message),
                          .not_before = p.delay && p.delay->count() > 0 ? now + in_micros(*p.delay) : 0,
                          .seen_until = has_id || has_number ? now + rules_.dedup : 0,
                          .number = has_number ? number : put_number{},
                          .frames = std::move(frames)};
  const std::size_t head_at = heads_.size();
  devices::append(head, heads_);
  if (!has_nothing_to_carry(p)) append_carried(p, heads_);
  if (heads_.size() - head_at + body.size() > bounds_.max_record)
    return heads_.resize(head_at), ++counts_.refused, errc::too_large;
  draft& d = new_draft(record_kind::message, head_at, now);
  const sequence s = first_draft_ + drafts_.size() - 1;
  d.what = {.expires = head.expires, .bytes = head.size, .group = group_of(p.group.bytes), .priority = p.priority};
  d.not_before = head.not_before;
  d.body = arena_.keep(body);
  drafted_bytes_ += head.size, ++drafted_messages_;
  if (has_id) seen_.add({id, s, head.seen_until}), ++drafted_ids_;
  if (has_number) numbered_.add({number, s, 1, head.seen_until});
  into.sequences.push_back(s);
  return errc::ok;
}

sequence named_queue::remembered(const id_hash& id, micros now) const {
  const seen_id* const seen = seen_.find(id, now);
  return seen != nullptr ? seen->first : 0;
}

void named_queue::put_copy(const handed& original, const copied_from& from, micros now) {
  message_head head = original.head;
  head.origin = from;
  head.expires = rules_.ttl != 0 ? now + rules_.ttl : 0;
  head.not_before = head.seen_until = 0;
  head.number = {};
  const std::size_t head_at = heads_.size();
  devices::append(head, heads_);
  draft& d = new_draft(record_kind::message, head_at, original.put_at);
  const auto p = queue_protocol::read_properties(head.carried);
  d.what = {.expires = head.expires,
            .bytes = head.size,
            .group = p ? group_of(p->group.bytes) : 0,
            .priority = head.priority};
  d.body = original.body;
  d.of = from.number;
  d.copied_of = from.queue;
  d.why = from.why;
}

// The log is asked once for each append: its bounds take the longer the more it holds.
named_queue::draft& named_queue::new_draft(record_kind kind, std::size_t head_at, micros now) {
  if (drafts_.empty()) first_draft_ = kept_->bounds().next;
  return drafts_.emplace_back(draft{
      .kind = kind, .head_at = head_at, .head_size = heads_.size() - head_at, .body = {}, .time = now, .what = {}});
}

void named_queue::draft_state() {
  const std::size_t head_at = heads_.size();
  devices::append(state_note{epoch_, paused_, rules_}, heads_);
  new_draft(record_kind::state, head_at, 0).replaces = state_record_;
}

// The ids, or the numbers, of messages that go before those may be forgotten.
template <class Seen>
void named_queue::draft_seen(std::vector<Seen>& gone, micros now) {
  for (std::span<const Seen> left = gone; !left.empty();) {
    const auto some = left.first(std::min(left.size(), max_seen_in_note));
    const std::size_t head_at = heads_.size();
    devices::append(some, heads_);
    constexpr auto kind = std::is_same_v<Seen, put_run> ? record_kind::numbered : record_kind::seen;
    draft& d = new_draft(kind, head_at, now);
    for (const Seen& seen : some) d.until = std::max(d.until, seen.until);
    left = left.subspan(some.size());
  }
  gone.clear();
}

// --- writing

bool named_queue::flush(std::uint64_t round, micros now, std::vector<outcome>& due) {
  draft_seen(seen_gone_, now), draft_seen(numbered_gone_, now);
  if (state_wanted_) draft_state();
  if (drafts_.empty() && gone_.empty()) {
    auto& to = releases_.empty() ? due : releases_.back().answers;
    std::move(answers_.begin(), answers_.end(), std::back_inserter(to));
    answers_.clear();
    return false;
  }
  auto first = append();
  if (!first) {
    refuse(first.error(), due);
    if (!erase_only(first.code())) return forget_drafts(), false;
    first = kept_->bounds().next;
    drafts_.clear();
  }
  durable_then then{.round = round, .first = *first, .next = *first + drafts_.size()};
  gone_.clear();
  for (std::size_t i = 0; i < drafts_.size(); ++i) install(drafts_[i], *first + i, then);
  then.answers = std::exchange(answers_, {});
  then.erased = std::exchange(departing_, {});
  releases_.push_back(std::move(then));
  forget_drafts();
  return true;
}

// What could not be added does not hold up what goes. A store that failed takes neither: it is found again at the next
// opening.
bool named_queue::erase_only(errc why) {
  if (why == errc::io) gone_.clear(), departing_.clear();
  return !gone_.empty() && kept_->append({}, gone_).has_value();
}

result<sequence> named_queue::append() {
  entries_.clear();
  const std::size_t without_replaced = gone_.size();
  for (const draft& d : drafts_) {
    const auto head = as_bytes(std::string_view(heads_).substr(d.head_at, d.head_size));
    entries_.push_back({.head = head, .body = d.body.bytes(), .time = d.time});
    if (d.replaces != 0) gone_.push_back(d.replaces);
  }
  auto first = kept_->append(entries_, gone_);
  if (!first) gone_.resize(without_replaced);
  return first;
}

void named_queue::install(draft& d, sequence s, durable_then& then) {
  switch (d.kind) {
    case record_kind::message: return install_message(d, s, then);
    case record_kind::attempts: return install_attempts(d, s);
    case record_kind::state:
      state_record_ = s;
      state_wanted_ = false;
      then.state = true;
      return;
    case record_kind::seen:
    case record_kind::numbered: seen_notes_.emplace_back(d.until, s); return;
  }
}

void named_queue::install_message(draft& d, sequence s, durable_then& then) {
  item& it = items_.add(s) = d.what;
  it.state = item_state::none;
  become(it, d.copied_of.empty() ? item_state::fresh : item_state::moving);
  if (it.expires != 0) expiries_.add(it.expires, s);
  if (d.not_before != 0) then.delays.emplace_back(s, d.not_before);
  if (!d.copied_of.empty()) then.arrived.push_back({std::move(d.copied_of), d.of, name_, s, d.why});
  const auto head = as_bytes(std::string_view(heads_).substr(d.head_at, d.head_size));
  recent_.add(s, frame::copy_of(head), d.body, d.time);
}

// The message may have gone, or come back once more, in the same turn.
void named_queue::install_attempts(const draft& d, sequence s) {
  item* const it = items_.find(d.of);
  if (it == nullptr || it->note != 0) return gone_.push_back(s);
  it->note = s;
}

void named_queue::forget_drafts() {
  drafts_.clear();
  heads_.clear();
  drafted_bytes_ = drafted_messages_ = drafted_ids_ = 0;
}

// Nothing of what was drafted is written.
void named_queue::refuse(const failure& why, std::vector<outcome>& due) {
  const sequence first = kept_->bounds().next;
  seen_.remove_last(drafted_ids_);
  numbered_.remove_from(first);
  counts_.refused += drafted_messages_;
  for (const draft& d : drafts_)
    if (!d.copied_of.empty()) bounce(d);
  const bool erases_fail = why.code() == errc::io;
  for (outcome& o : answers_) {
    if (auto* put = std::get_if<queue_protocol::put_answer>(&o.what.body)) {
      for (std::size_t i = 0; i < put->sequences.size(); ++i)
        if (put->sequences[i] >= first) put->sequences[i] = 0, put->bad.push_back({i, why.code(), why.message()});
      std::erase_if(put->duplicates, [&](std::uint64_t i) { return put->sequences[i] == 0; });
      due.push_back(std::move(o));
    } else if (erases_fail || !std::holds_alternative<queue_protocol::count_answer>(o.what.body)) {
      o.what.body = queue_protocol::refusal{why.code(), why.message()};
      due.push_back(std::move(o));
    }
  }
  std::erase_if(answers_, [](const outcome& o) { return o.to == nullptr; });  // those moved out
}

void named_queue::bounce(const draft& d) {
  message_head head;
  if (!read(as_bytes(std::string_view(heads_).substr(d.head_at, d.head_size)), head) || !head.origin) return;
  bounced.emplace_back(d.copied_of, departure{d.of, head.origin->why, std::string(head.origin->text), name_});
}

// --- durable

void named_queue::release(std::uint64_t round, micros now, std::vector<outcome>& due) {
  for (; !releases_.empty() && releases_.front().round <= round; releases_.pop_front()) {
    durable_then& r = releases_.front();
    for (const auto& [s, when] : r.delays)
      if (item* it = items_.find(s); it != nullptr && it->state == item_state::fresh && when > now)
        become(*it, item_state::delayed), delays_.add(when, s), ++counts_.put;
    for (sequence s = r.first; s < r.next; ++s)
      if (item* it = items_.find(s); it != nullptr && it->state == item_state::fresh)
        ++counts_.put, place(s, *it, now, true);
    std::move(r.answers.begin(), r.answers.end(), std::back_inserter(due));
    arrived.insert(arrived.end(), r.arrived.begin(), r.arrived.end());
    erased.insert(erased.end(), r.erased.begin(), r.erased.end());
    if (r.state) activating_ = false;
  }
  drop_heads(now);
}

void named_queue::fail(const failure& why, std::vector<outcome>& due) {
  for (durable_then& r : releases_)
    for (outcome& o : r.answers) {
      o.what.body = queue_protocol::refusal{why.code(), why.message()};
      due.push_back(std::move(o));
    }
  releases_.clear();
  for (outcome& o : answers_) {
    o.what.body = queue_protocol::refusal{why.code(), why.message()};
    due.push_back(std::move(o));
  }
  answers_.clear();
}

void named_queue::drop_heads(micros now) {
  if (rules_.overflow != queue_overflow::drop_head) return;
  for (;;) {
    const std::uint64_t here = items_.size() - count(item_state::moving) - count(item_state::fresh);
    const bool many = rules_.max_messages != 0 && here > rules_.max_messages;
    if (!many && !(rules_.max_bytes != 0 && bytes_ > rules_.max_bytes)) return;
    const auto s = ready_.pop_least([this](sequence x) { return is_ready(x); });
    if (!s) return;
    perish(*s, *items_.find(*s), many ? death::max_messages : death::max_bytes, {}, now);
  }
}

// --- the life of a message

void named_queue::become(item& it, item_state state) noexcept {
  const auto weighs = [](item_state s) { return s != item_state::none && s != item_state::moving; };
  if (weighs(it.state)) bytes_ -= it.bytes;
  if (weighs(state)) bytes_ += it.bytes;
  if (it.state != item_state::none) --states_[static_cast<std::size_t>(it.state)];
  if (state != item_state::none) ++states_[static_cast<std::size_t>(state)];
  it.state = state;
}

// Ready for delivery, unless its time has passed.
void named_queue::place(sequence s, item& it, micros now, bool in_order) {
  if (it.expires != 0 && it.expires <= now) return perish(s, it, death::expired, {}, now);
  become(it, item_state::ready);
  if (in_order) ready_.append(it.priority, s);
  else ready_.insert(it.priority, s);
}

void named_queue::remove(sequence s, item& it, micros now) {
  if (it.note != 0) gone_.push_back(it.note);
  gone_.push_back(s);
  if (const seen_id* seen = seen_.find_message(s, now)) seen_gone_.push_back(*seen);
  if (const put_run* run = numbered_.find_message(s, now)) devices::append(run->only(s), numbered_gone_);
  recent_.drop(s), ahead_.drop(s);
  const item was = it;
  become(it, item_state::none);
  items_.erase(s);
  leave_group(was, s);
}

// It is not to be delivered any more: it goes to the dead letters, or altogether.
void named_queue::perish(sequence s, item& it, death why, std::string_view text, micros now) {
  const bool kept = !rules_.dead.empty();
  ++(why == death::expired ? counts_.expired : kept ? counts_.dead : counts_.dropped);
  if (!kept) return remove(s, it, now);
  become(it, item_state::moving);
  departures.push_back({s, why, std::string(text), rules_.dead});
  leave_group(it, s);
}

// Two groups may share a hash: then they wait for each other, and nothing worse happens.
std::uint32_t named_queue::group_of(std::string_view name) noexcept {
  return name.empty() ? 0 : static_cast<std::uint32_t>(hash_of(name).low) | 1U;
}

bool named_queue::enter_group(const item& it, sequence s) {
  if (it.group == 0) return true;
  group& g = groups_[it.group];
  if (g.busy == 0) g.busy = s;
  if (g.busy == s) return true;
  g.kept_back.push_back(rank_of(it.priority, s));
  std::push_heap(g.kept_back.begin(), g.kept_back.end(), std::greater<>{});
  return false;
}

void named_queue::leave_group(const item& it, sequence s) {
  const auto found = it.group == 0 ? groups_.end() : groups_.find(it.group);
  if (found == groups_.end()) return;
  group& g = found->second;
  if (g.busy == s) g.busy = 0;
  while (g.busy == 0 && !g.kept_back.empty()) {
    std::pop_heap(g.kept_back.begin(), g.kept_back.end(), std::greater<>{});
    const sequence next = g.kept_back.back() & sequence_mask;
    g.kept_back.pop_back();
    if (!is_ready(next)) continue;
    ready_.insert(items_.find(next)->priority, next);
    break;
  }
  if (g.busy == 0 && g.kept_back.empty()) groups_.erase(found);
}

// --- moving

void named_queue::depart(const transfer& t, micros now) {
  item* const it = items_.find(t.source);
  if (it != nullptr) remove(t.source, *it, now);
  if (t.why == death::none) ++counts_.acked;  // it was redriven
  departing_.push_back(t);
}

void named_queue::depart_found(sequence source, micros now) {
  item* const it = items_.find(source);
  if (it == nullptr) return;
  --counts_.put;
  remove(source, *it, now);
}

void named_queue::stay(sequence s, micros now) {
  item* const it = items_.find(s);
  if (it != nullptr && it->state == item_state::moving) place(s, *it, now);
}

void named_queue::show(sequence copy, micros now) {
  item* const it = items_.find(copy);
  if (it == nullptr || it->state != item_state::moving) return;
  ++counts_.put;
  place(copy, *it, now);
}

// --- the queue itself

result<void> named_queue::set(const queue_settings& changes) {
  auto next = changed(rules_, changes, name_);
  if (!next) return next.error();
  if (!next->single || !rules_.single) active_ = nullptr, activating_ = false;
  rules_ = *std::move(next);
  state_wanted_ = true;
  return {};
}

void named_queue::pause(bool on) {
  paused_ = on;
  state_wanted_ = true;
}

result<std::uint64_t> named_queue::purge(micros now) {
  constexpr std::size_t at_a_time = 100'000;
  std::vector<sequence> all;
  items_.each([&](sequence s, item& it) {
    if (it.state == item_state::ready || it.state == item_state::delayed) all.push_back(s);
  });
  ready_.clear();
  groups_.clear();
  items_.each([&](sequence s, item& it) {
    if (it.state == item_state::leased && it.group != 0) groups_[it.group].busy = s;
  });
  for (const sequence s : all) {
    remove(s, *items_.find(s), now);
    if (gone_.size() < at_a_time) continue;
    if (const auto done = kept_->append({}, gone_); !done) return done.error();
    gone_.clear();
  }
  counts_.purged += all.size();
  return all.size();
}

queue_counts named_queue::counts() const {
  const log_bounds b = kept_->bounds();
  queue_counts c = counts_;
  c.ready = count(item_state::ready), c.leased = count(item_state::leased), c.delayed = count(item_state::delayed);
  c.bytes = bytes_, c.consumers = consumers_.size(), c.epoch = epoch_, c.paused = paused_ ? 1 : 0;
  c.first = items_.size() > 0 ? items_.first() : b.next;
  c.next = b.next, c.space = b.space, c.damaged += b.damaged;
  return c;
}

queue_info named_queue::info() const { return {.name = name_, .counts = counts(), .settings = settings_of(rules_)}; }

}  // namespace wye::devices
