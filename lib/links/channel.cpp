#include <wye/links/channel.hpp>

#include <algorithm>
#include <numeric>
#include <utility>

namespace wye::links {

channel::channel(std::size_t capacity, std::size_t handed, bool weighs)
    : capacity_(capacity), handed_(handed), weighs_(weighs), last_(new chunk), first_(last_) {}

channel::~channel() {
  delete spare_.load(std::memory_order_relaxed);
  while (first_ != nullptr) delete std::exchange(first_, first_->next);
}

// Both sides modify one atomic: either the receiver sees that room is wanted, or we see what it took.
bool channel::has_room() noexcept {
  if (sent_ - taken_seen_ < capacity_) return true;
  taken_seen_ = popped_.load(std::memory_order_acquire);
  if (sent_ - taken_seen_ < capacity_) return true;
  if (!wants_room_.load(std::memory_order_relaxed)) wants_room_.exchange(true);
  taken_seen_ = popped_.load(std::memory_order_acquire);
  return sent_ - taken_seen_ < capacity_;
}

message& channel::back() {
  const std::size_t at = sent_ % chunk_size;
  if (at == 0 && sent_ != 0 && last_->next == nullptr) {
    chunk* next = spare_.exchange(nullptr, std::memory_order_acquire);
    if (next != nullptr) next->next = nullptr;
    last_->next = next != nullptr ? next : new chunk;
  }
  chunk& in = *(at == 0 && sent_ != 0 ? last_->next : last_);
  if (at + ahead < chunk_size) fetch(in.messages[at + ahead]);
  message& m = in.messages[at];
  if (!m.empty()) m.clear();  // an attempt that found no memory
  return m;
}

void channel::push(std::size_t weight) {
  if (sent_ % chunk_size == 0 && sent_ != 0) last_ = last_->next;
  std::unique_lock weighing(mutex_, std::defer_lock);
  if (weighs_) {
    weighing.lock();
    const std::uint64_t waiting = sent_ - popped_.load(std::memory_order_acquire);
    while (weights_.size() > waiting) weights_.pop_front();
    weights_.push_back(weight);
  }
  pushed_.store(++sent_, std::memory_order_release);
}

// Of `taken` and later ones, where those begin that don't count as the receiver's.
std::uint64_t channel::theirs(std::uint64_t taken) const noexcept { return std::max(claimed_, taken + handed_); }

void channel::keep_the_rest() noexcept {
  const std::lock_guard guard(mutex_);
  limit_.store(theirs(popped_.load(std::memory_order_acquire)), std::memory_order_release);
}

bool channel::readable() const noexcept {
  return taken_ != mine_ ||
         std::min(pushed_.load(std::memory_order_acquire), limit_.load(std::memory_order_acquire)) > taken_;
}

bool channel::claim() noexcept {
  const std::uint64_t there = pushed_.load(std::memory_order_acquire);
  if (there == taken_) return false;
  const std::lock_guard guard(mutex_);
  const std::uint64_t given = std::min(there, limit_.load(std::memory_order_relaxed));
  if (given <= taken_ || stopped_.load(std::memory_order_relaxed)) return false;
  claimed_ = mine_ = std::min(given, taken_ + chunk_size);
  return true;
}

message* channel::front() noexcept {
  if (taken_ == mine_ && !claim()) return nullptr;
  if (taken_ - first_at_ == chunk_size) {
    first_at_ += chunk_size;
    delete spare_.exchange(std::exchange(first_, first_->next), std::memory_order_acq_rel);
  }
  const std::size_t at = taken_ - first_at_;
  if (taken_ + ahead < mine_ && at + ahead < chunk_size) fetch(first_->messages[at + ahead]);
  return &first_->messages[at];
}

bool channel::pop() noexcept {
  popped_.store(++taken_, std::memory_order_release);
  return taken_ - told_ >= std::max<std::size_t>(capacity_ / 4, 1) && tell_of_room();
}

bool channel::tell_of_room() noexcept {
  if (std::exchange(told_, taken_) == taken_) return false;
  return wants_room_.exchange(false);
}

void channel::stop() noexcept {
  const std::lock_guard guard(mutex_);
  stopped_.store(true, std::memory_order_release);
}

std::vector<message> channel::leftover() {
  mine_ = taken_;
  std::vector<message> all;
  const std::uint64_t end = std::min(pushed_.load(std::memory_order_acquire), limit_.load(std::memory_order_acquire));
  for (; taken_ < end; popped_.store(++taken_, std::memory_order_release)) {
    if (taken_ - first_at_ == chunk_size) {
      first_at_ += chunk_size;
      delete std::exchange(first_, first_->next);
    }
    all.push_back(std::move(first_->messages[taken_ - first_at_]));
  }
  return all;
}

std::size_t channel::in_flight() const noexcept {
  const std::lock_guard guard(mutex_);
  const std::uint64_t taken = popped_.load(std::memory_order_acquire);
  const std::uint64_t there = pushed_.load(std::memory_order_acquire);
  const std::uint64_t from = theirs(taken);
  if (there <= from) return 0;
  if (!weighs_) return there - from;
  const auto waiting = static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(there - from, weights_.size()));
  return std::accumulate(weights_.end() - waiting, weights_.end(), std::size_t{0});
}

}  // namespace wye::links
