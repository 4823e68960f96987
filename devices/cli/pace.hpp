// pacer: so many messages in a second.
#pragma once

#include <poll.h>

#include <vector>

#include <wye/clock.hpp>
#include <wye/wake_event.hpp>

namespace wye::cli {

/// Keeps to a plan made at the start: after a delay it catches up, so that the average holds.
class pacer {
 public:
  /// Zero: as fast as can be.
  explicit pacer(double rate) noexcept : interval_(rate > 0 ? 1 / rate : 0) {}

  /// Waits for the next message's turn, or until `stop_fd` is readable.
  void wait(int stop_fd) {
    if (interval_ <= 0) return;
    const auto at = start_ + std::chrono::duration_cast<duration>(std::chrono::duration<double>(interval_ * passed_));
    passed_ += 1;
    if (at <= clock::now()) return;
    std::vector<pollfd> fds{{stop_fd, POLLIN, 0}};
    poll_until(fds, at);
  }

 private:
  double interval_;
  double passed_ = 0;
  time_point start_ = clock::now();
};

}  // namespace wye::cli
