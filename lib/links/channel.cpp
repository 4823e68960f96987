#include <wye/links/channel.hpp>

#include <algorithm>
#include <numeric>
#include <utility>

namespace wye::links {

channel::channel(std::size_t capacity, std::size_t handed, bool weighs)
    : capacity_(capacity), handed_(handed), weighs_(weighs), last_(new chunk), first_(last_) {}

channel::~channel() {
  for (chunk* all : {spare_.load(std::memory_order_relaxed), own_spare_, first_}) drop(all);
}

void channel::drop(chunk* first) noexcept {
  while (first != nullptr) delete std::exchange(first, first->next);
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
  if (at == 0 && sent_ != 0 && last_->next == nullptr) last_->next = next_chunk();
  chunk& in = *(at == 0 && sent_ != 0 ? last_->next : last_);
  if (at + ahead < chunk_size) fetch(in.slots[at + ahead]);
  message& m = in.slots[at].content;
  if (!m.empty()) m.clear();  // an attempt that found no memory
  return m;
}

// One that the receiver has done with, if there is any: its memory is much cheaper than new memory.
channel::chunk* channel::next_chunk() {
  if (own_spare_ == nullptr) {
    own_spare_ = spare_.exchange(nullptr, std::memory_order_acquire);
    spare_count_.store(0, std::memory_order_relaxed);
  }
  if (own_spare_ == nullptr) return new chunk;
  chunk* const next = std::exchange(own_spare_, own_spare_->next);
  next->next = nullptr;
  return next;
}

// The receiver has done with the first chunk.
void channel::pass() noexcept {
  first_at_ += chunk_size;
  chunk* const done = std::exchange(first_, first_->next);
  if (spare_count_.load(std::memory_order_relaxed) >= most_spare) return delete done;
  spare_count_.fetch_add(1, std::memory_order_relaxed);
  done->next = spare_.load(std::memory_order_relaxed);
  while (!spare_.compare_exchange_weak(done->next, done, std::memory_order_release, std::memory_order_relaxed)) {
  }
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
  if (taken_ - first_at_ == chunk_size) pass();
  const std::size_t at = taken_ - first_at_;
  if (taken_ + ahead < mine_ && at + ahead < chunk_size) fetch(first_->slots[at + ahead]);
  if (taken_ + soon < mine_ && at + soon < chunk_size)
    detail::prefetch_to_write(first_->slots[at + soon].content.front().data());
  return &first_->slots[at].content;
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
    if (taken_ - first_at_ == chunk_size) pass();
    all.push_back(std::move(first_->slots[taken_ - first_at_].content));
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
