// lookout: whoever looks for a moment before it sleeps need not be woken by what comes in that moment.
#pragma once

#include <poll.h>

#include <vector>

#include <wye/clock.hpp>

namespace wye::devices {

class lookout {
 public:
  /// Looks for up to `most`, giving way meanwhile; not at all on a single processor.
  explicit lookout(duration most) noexcept;

  /// Whether one of `fds` becomes readable soon; then it says so as after poll(2). After a vain attempt the next one is
  /// half as long, after a good one twice as long again.
  bool comes_soon(std::vector<pollfd>& fds) noexcept;

 private:
  duration most_, now_;
};

}  // namespace wye::devices
