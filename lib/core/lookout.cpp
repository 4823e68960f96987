#include <wye/detail/lookout.hpp>

#include <algorithm>
#include <thread>

#include <wye/wake_event.hpp>

namespace wye::detail {
namespace {

constexpr unsigned most_rest = 32;

}  // namespace

lookout::lookout(duration most) noexcept : most_(std::thread::hardware_concurrency() > 1 ? most : duration::zero()) {}

bool lookout::comes_soon(std::vector<pollfd>& fds) noexcept {
  if (most_ == duration::zero()) return false;
  if (rest_ != 0) return --rest_, false;
  const deadline end(most_);
  do {
    if (poll_until(fds, deadline::now()) > 0) return in_vain_ = 0, true;
    std::this_thread::yield();
  } while (!end.passed());
  rest_ = in_vain_ = std::clamp(2 * in_vain_, 1U, most_rest);
  return false;
}

}  // namespace wye::detail
