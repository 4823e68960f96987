// weights: what the messages in a ring count as, where some are batches.
#pragma once

#include <atomic>
#include <bit>
#include <cstdint>
#include <vector>

namespace wye::shm {

/// Messages are numbered from 1. One writer; any thread may ask.
class weights {
 public:
  /// For at most so many messages at a time.
  explicit weights(std::size_t most) : sums_(std::bit_ceil(most + 1)) {}

  /// The next message counts as `weight`.
  void add(std::uint64_t number, std::size_t weight) noexcept {
    sum_ += weight;
    at(number).store(sum_, std::memory_order_relaxed);
  }
  /// What those behind `from` count as, up to `to`.
  [[nodiscard]] std::uint64_t between(std::uint64_t from, std::uint64_t to) const noexcept {
    const std::uint64_t before = at(from).load(std::memory_order_relaxed), all = at(to).load(std::memory_order_relaxed);
    return before < all ? all - before : 0;  // another thread may have gone round meanwhile
  }

 private:
  using sums = std::vector<std::atomic<std::uint64_t>>;
  [[nodiscard]] std::atomic<std::uint64_t>& at(std::uint64_t number) noexcept { return sums_[number % sums_.size()]; }
  [[nodiscard]] const std::atomic<std::uint64_t>& at(std::uint64_t number) const noexcept {
    return sums_[number % sums_.size()];
  }

  sums sums_;
  std::uint64_t sum_ = 0;
};

}  // namespace wye::shm
