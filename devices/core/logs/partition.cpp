#include "partition.hpp"

#include <algorithm>

namespace wye::devices::logs {
namespace {

constexpr read_limits heads_only{.records = 256, .bytes = std::size_t{1} << 20, .bodies = false};

std::uint64_t size_of(const record& r, const head& h) { return r.head.size() + h.body_size; }

}  // namespace

partition::partition(std::unique_ptr<log> on, const stream_settings& settings)
    : log_(std::move(on)),
      settings_(settings),
      topics_(settings.keep_last, settings.max_topics),
      durable_(log_->bounds().next) {}

result<void> partition::recover() {
  topics_ = topics(settings_.keep_last, settings_.max_topics);
  producers_ = producers();
  superseded_.clear();
  const log_bounds bounds = log_->bounds();
  trimmed_ = std::max(trimmed_, bounds.first);
  std::vector<record> some;
  for (sequence at = bounds.first; at < bounds.next; some.clear()) {
    const auto next = log_->read(at, heads_only, some);
    if (!next) return next.error();
    for (const record& r : some)
      if (const auto h = read_head(r.head.bytes())) note(*h, r.number, r.time, bounds.first > 1);
    at = *next;
  }
  return {};
}

void partition::note(const head& h, sequence at, std::int64_t time, bool earlier_unknown) {
  last_time_ = std::max(last_time_, time);
  topics_.add(h.topic, at, h.is_tombstone(), time, superseded_);
  if (!h.producer.empty()) producers_.add(h.producer, h.number, at, earlier_unknown);
}

// --- appending -------------------------------------------------------------------------------------------------------

outcome partition::judge(const publication& p, std::size_t added_before) const {
  if (!p.what.producer.empty()) {
    const auto found = producers_.look(p.what.producer, p.what.number);
    if (found.what == producers::verdict::duplicate) return {.at = found.at, .duplicate = true};
    if (found.what == producers::verdict::unknown) return {.code = errc::stale};
  }
  if (p.expected && *p.expected != log_->bounds().next + added_before - 1) return {.code = errc::stale};
  if (p.expected_topic && *p.expected_topic != topics_.last(p.what.topic)) return {.code = errc::stale};
  if (settings_.keep_last > 0 && !topics_.has_room_for(p.what.topic)) return {.code = errc::full};
  return {};
}

void partition::append(std::span<publication* const> list, std::int64_t now) {
  last_time_ = std::max(last_time_, now);
  std::vector<publication*> fresh;
  fresh.reserve(list.size());
  for (publication* p : list) {
    // Who expects something of a topic is judged when all before it is stored.
    if (p->expected_topic) store(fresh), fresh.clear();
    p->done = judge(*p, fresh.size());
    if (p->done.is_stored()) fresh.push_back(p);
  }
  store(fresh);
}

void partition::store(std::span<publication* const> list) {
  if (list.empty()) return;
  std::string heads;
  std::vector<std::size_t> ends;
  ends.reserve(list.size());
  for (const publication* p : list) logs::append(p->what, heads), ends.push_back(heads.size());
  std::vector<entry> entries;
  entries.reserve(list.size());
  for (std::size_t i = 0, from = 0; i < list.size(); from = ends[i++])
    entries.push_back(
        {.head = as_bytes(heads).subspan(from, ends[i] - from), .body = list[i]->body.bytes(), .time = last_time_});
  const auto first = log_->append(entries, superseded_);
  if (first) superseded_.clear();
  for (std::size_t i = 0; i < list.size(); ++i) {
    list[i]->done.code = first.code();
    if (!first) continue;
    list[i]->done.at = *first + i;
    note(list[i]->what, *first + i, last_time_, false);
  }
}

void partition::commit(std::uint64_t ticket) noexcept {
  for (; !sealed_.empty() && sealed_.front().ticket <= ticket; sealed_.pop_front()) durable_ = sealed_.front().next;
}

// --- reading ---------------------------------------------------------------------------------------------------------

result<sequence> partition::read(sequence from, const read_limits& limits, std::vector<record>& out) {
  if (from >= durable_) return from;
  read_limits fewer = limits;
  fewer.records = std::min<std::size_t>(limits.records, durable_ - from);
  const std::size_t before = out.size();
  auto next = log_->read(from, fewer, out);
  if (!next) return next;
  while (out.size() > before && out.back().number >= durable_) out.pop_back();
  return std::min(*next, durable_);
}

// Times grow with the sequences: half of what is left is ruled out by each look.
result<sequence> partition::first_at(std::int64_t time) {
  sequence low = log_->bounds().first, high = durable_;
  std::vector<record> one;
  while (low < high) {
    const sequence middle = low + (high - low) / 2;
    one.clear();
    auto next = log_->read(middle, {.records = 1, .bytes = 1, .bodies = false}, one);
    if (!next) return next;
    if (one.empty() || one.front().number >= high || one.front().time >= time) high = middle;
    else low = one.front().number + 1;
  }
  return low;
}

sequence partition::trimmed_to() const noexcept { return is_contiguous() ? log_->bounds().first : trimmed_; }

// --- keeping ---------------------------------------------------------------------------------------------------------

bool partition::is_over() const {
  const log_bounds b = log_->bounds();
  return !superseded_.empty() || (settings_.max_messages > 0 && b.records > settings_.max_messages) ||
         (settings_.max_bytes > 0 && b.bytes > settings_.max_bytes);
}

result<void> partition::tidy(std::int64_t now) {
  const auto tombstone = std::chrono::microseconds(settings_.tombstone).count();
  topics_.expire(now - tombstone, superseded_);
  if (!superseded_.empty()) {
    if (const auto done = log_->append({}, superseded_); !done) return done.error();
    superseded_.clear();
  }
  const auto end = end_of_old(now);
  if (!end) return end.error();
  const auto done = trim(*end);
  return done ? result<void>() : done.error();
}

// Where the messages end that age, bytes or count forbid to keep.
result<sequence> partition::end_of_old(std::int64_t now) {
  const auto age = std::chrono::microseconds(settings_.max_age).count();
  const std::uint64_t most_messages = settings_.max_messages == 0 ? UINT64_MAX : settings_.max_messages;
  const std::uint64_t most_bytes = settings_.max_bytes == 0 ? UINT64_MAX : settings_.max_bytes;
  const log_bounds bounds = log_->bounds();
  std::uint64_t messages = bounds.records, bytes = bounds.bytes;
  std::vector<record> some;
  for (sequence at = bounds.first; at < bounds.next; some.clear()) {
    if (age == 0 && messages <= most_messages && bytes <= most_bytes) return at;
    auto next = log_->read(at, heads_only, some);
    if (!next) return next;
    for (const record& r : some) {
      const bool old = age > 0 && r.time < now - age;
      if (!old && messages <= most_messages && bytes <= most_bytes) return r.number;
      const auto h = read_head(r.head.bytes());
      --messages, bytes -= std::min(bytes, h ? size_of(r, *h) : r.head.size());
    }
    at = *next;
  }
  return bounds.next;
}

result<std::uint64_t> partition::trim(sequence before) {
  const log_bounds bounds = log_->bounds();
  before = std::min(before, bounds.next);
  if (before <= bounds.first) return std::uint64_t{0};
  std::vector<record> some;
  for (sequence at = bounds.first; at < before; some.clear()) {
    const auto next = log_->read(at, heads_only, some);
    if (!next) return next.error();
    for (const record& r : some)
      if (const auto h = read_head(r.head.bytes()); h && r.number < before) topics_.forget(h->topic, r.number);
    at = *next;
  }
  if (const auto done = log_->trim(before); !done) return done.error();
  trimmed_ = std::max(trimmed_, before);
  return bounds.records - log_->bounds().records;
}

partition_info partition::info() const {
  const log_bounds b = log_->bounds();
  return {.first = b.first,
          .next = b.next,
          .messages = b.records,
          .bytes = b.bytes,
          .space = b.space,
          .damaged = b.damaged};
}

}  // namespace wye::devices::logs
