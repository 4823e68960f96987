#include "lookout.hpp"

#include <algorithm>
#include <thread>

#include <wye/wake_event.hpp>

namespace wye::devices {

lookout::lookout(duration most) noexcept
    : most_(std::thread::hardware_concurrency() > 1 ? most : duration::zero()), now_(most_) {}

bool lookout::comes_soon(std::vector<pollfd>& fds) noexcept {
  if (most_ == duration::zero()) return false;
  const deadline end(now_);
  do {
    if (poll_until(fds, deadline::now()) > 0) return now_ = std::min(2 * now_, most_), true;
    std::this_thread::yield();
  } while (!end.passed());
  now_ = std::max(now_ / 2, most_ / 64);
  return false;
}

}  // namespace wye::devices
