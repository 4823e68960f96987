#include "lease_book.hpp"

#include <algorithm>
#include <utility>

namespace wye::detail {

std::uint64_t lease_book::to_grant() const noexcept {
  const std::int64_t out = std::max<std::int64_t>(credit_, 0) + static_cast<std::int64_t>(fetched_.size());
  std::int64_t wanted = static_cast<std::int64_t>(prefetch_) - out;
  if (limit_ != 0) wanted = std::min(wanted, static_cast<std::int64_t>(limit_ - std::min(limit_, taken_)) - out);
  const bool half_used = out <= static_cast<std::int64_t>(prefetch_ / 2);
  return half_used && wanted > 0 ? static_cast<std::uint64_t>(wanted) : 0;
}

void lease_book::arrived(fetched m, bool counted) {
  if (counted) --credit_;
  fetched_.push_back(std::move(m));
}

std::optional<fetched> lease_book::take(time_point now, std::optional<std::chrono::milliseconds> lease) {
  while (!fetched_.empty()) {
    fetched m = std::move(fetched_.front());
    fetched_.pop_front();
    if (!acknowledge_ || !lease || now - m.at < *lease) return ++taken_, ++in_hand_, std::optional(std::move(m));
    ++forgotten_;
  }
  return std::nullopt;
}

std::vector<lease_token> lease_book::next_acks(std::uint64_t id, std::size_t most) {
  std::vector<lease_token> batch;
  if (acks_.empty()) return batch;
  const auto other =
      std::find_if(acks_.begin(), acks_.end(), [&](const lease_token& t) { return t.epoch != acks_.front().epoch; });
  const auto end = acks_.begin() + std::min(other - acks_.begin(), static_cast<std::ptrdiff_t>(most));
  batch.assign(acks_.begin(), end);
  acks_.erase(acks_.begin(), end);
  under_way_[id] = batch;
  return batch;
}

std::vector<std::uint64_t> lease_book::answered(std::uint64_t id, std::span<const queue_protocol::bad_one> bad) {
  std::vector<std::uint64_t> late;
  const auto found = under_way_.extract(id);
  if (!found) return late;
  for (const auto& b : bad)
    if (b.index < found.mapped().size()) late.push_back(found.mapped()[b.index].sequence);
  return late;
}

std::vector<std::uint64_t> lease_book::refused(std::uint64_t id) {
  std::vector<std::uint64_t> late;
  if (const auto found = under_way_.extract(id))
    for (const lease_token& t : found.mapped()) late.push_back(t.sequence);
  return late;
}

std::vector<std::uint64_t> lease_book::connection_lost() {
  std::vector<std::uint64_t> late;
  for (const auto& [id, tokens] : under_way_)
    for (const lease_token& t : tokens) late.push_back(t.sequence);
  for (const lease_token& t : acks_) late.push_back(t.sequence);
  under_way_.clear();
  acks_.clear();
  credit_ = 0;
  in_hand_ = 0;
  if (!acknowledge_) return late;  // what was handed over is ours alone
  forgotten_ += fetched_.size();
  fetched_.clear();
  return late;
}

}  // namespace wye::detail
