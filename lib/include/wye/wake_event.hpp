// wake_event: an eventfd that makes poll(2) return.
#pragma once

#include <poll.h>

#include <vector>

#include <wye/clock.hpp>

namespace wye {

/// Stays set until cleared. set() from any thread or signal handler; the rest by the waiting thread.
class wake_event {
 public:
  /// Throws error{limit} when the process is out of descriptors.
  wake_event();
  wake_event(const wake_event&) = delete;
  wake_event& operator=(const wake_event&) = delete;
  ~wake_event();

  void set() noexcept;
  void clear() noexcept;
  /// Readable while set.
  [[nodiscard]] int fd() const noexcept { return fd_; }

 private:
  int fd_;
};

/// poll(2) with a deadline, going on after signals. Returns the number of ready descriptors, zero on timeout.
int poll_until(std::vector<pollfd>& fds, deadline until) noexcept;

}  // namespace wye
