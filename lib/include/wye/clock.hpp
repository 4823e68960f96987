// Time: one monotonic clock, and deadlines on it.
#pragma once

#include <algorithm>
#include <chrono>

namespace wye {

/// The only clock of Wye: monotonic, so that a jump of the wall clock moves no deadline.
using clock = std::chrono::steady_clock;
using time_point = clock::time_point;
using duration = clock::duration;

/// The moment until which a call may block. Made from a duration (`500ms`), or `never()`.
/// A value type; safe on any thread.
class deadline {
 public:
  /// `in` from now. Negative counts as zero; more than the clock can hold counts as never.
  template <class Rep, class Period>
  deadline(std::chrono::duration<Rep, Period> in)  // NOLINT(google-explicit-constructor): `recv(500ms)`
      : at_(after(std::chrono::duration_cast<std::chrono::duration<double>>(in).count())) {}

  deadline(time_point at) noexcept : at_(at) {}  // NOLINT(google-explicit-constructor)

  /// No limit.
  static deadline never() noexcept { return deadline{time_point::max()}; }
  /// Already passed: the call does what it can without blocking.
  static deadline now() noexcept { return deadline{time_point::min()}; }

  [[nodiscard]] time_point at() const noexcept { return at_; }
  [[nodiscard]] bool is_never() const noexcept { return at_ == time_point::max(); }
  [[nodiscard]] bool passed() const noexcept {
    return !is_never() && (at_ == time_point::min() || clock::now() >= at_);
  }

  /// Time left, never negative; duration::max() when there is no limit.
  [[nodiscard]] duration left() const noexcept {
    if (is_never()) return duration::max();
    if (at_ == time_point::min()) return duration::zero();
    return std::max(duration::zero(), at_ - clock::now());
  }

  /// The earlier of two.
  friend deadline earlier(deadline a, deadline b) noexcept { return a.at_ < b.at_ ? a : b; }

 private:
  static time_point after(double seconds) noexcept {
    if (!(seconds > 0)) return time_point::min();
    constexpr double a_century = 3.2e9;
    if (seconds > a_century) return time_point::max();
    return clock::now() + std::chrono::duration_cast<duration>(std::chrono::duration<double>(seconds));
  }

  time_point at_;
};

}  // namespace wye
