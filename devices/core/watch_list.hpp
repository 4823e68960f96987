// watch_list: what one poll(2) waits for.
#pragma once

#include <poll.h>

#include <vector>

#include "side.hpp"

namespace wye::devices {

class watch_list {
 public:
  void clear() { fds_.clear(), ready_ = false; }
  void add(int fd) { fds_.push_back({fd, POLLIN, 0}); }
  void add(side& s, events interest) {
    for (std::size_t i = 0; i < s.size(); ++i) add(*s[i].raw(), interest);
  }
  void add(raw_socket& raw, events interest) { ready_ = any(raw.watch(interest, fds_)) || ready_; }
  /// Something is ready now; poll would only find out later (descriptors may be edge-triggered).
  [[nodiscard]] bool ready() const noexcept { return ready_; }
  [[nodiscard]] std::vector<pollfd>& fds() noexcept { return fds_; }

 private:
  std::vector<pollfd> fds_;
  bool ready_ = false;
};

}  // namespace wye::devices
