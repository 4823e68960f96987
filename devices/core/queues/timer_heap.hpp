// timer_heap: many timers, each O(log n). Those that no longer count stay in it until they are due, or the most.
#pragma once

#include <algorithm>
#include <limits>
#include <optional>
#include <vector>

#include "item_table.hpp"

namespace wye::devices {

class timer_heap {
 public:
  struct timer {
    micros when;
    sequence what;
  };

  void add(micros when, sequence what) {
    timers_.push_back({when, what});
    std::push_heap(timers_.begin(), timers_.end(), later);
  }

  /// When the first one is due, or one that no longer counts; the end of time if there is none.
  [[nodiscard]] micros next() const noexcept {
    return timers_.empty() ? std::numeric_limits<micros>::max() : timers_.front().when;
  }

  /// Takes out one that is due at `now` and for which `counts(timer)`.
  template <class Counts>
  std::optional<sequence> pop_due(micros now, Counts&& counts) {
    while (!timers_.empty() && timers_.front().when <= now) {
      std::pop_heap(timers_.begin(), timers_.end(), later);
      const timer top = timers_.back();
      timers_.pop_back();
      if (counts(top)) return top.what;
    }
    return std::nullopt;
  }

  /// Forgets those that no longer count, if they may be the most; `live` is an upper bound of those that do.
  template <class Counts>
  void tidy(std::size_t live, Counts&& counts) {
    if (timers_.size() <= 2 * live + 1024) return;
    std::erase_if(timers_, [&](const timer& t) { return !counts(t); });
    timers_.shrink_to_fit();
    std::make_heap(timers_.begin(), timers_.end(), later);
  }

  [[nodiscard]] std::size_t size() const noexcept { return timers_.size(); }

 private:
  static bool later(const timer& a, const timer& b) noexcept { return a.when > b.when; }
  std::vector<timer> timers_;
};

}  // namespace wye::devices
