// lookout: whoever looks for a moment before it sleeps need not be woken by what comes in that moment. For sockets and
// devices; programs have no use for it.
#pragma once

#include <poll.h>

#include <vector>

#include <wye/clock.hpp>

namespace wye::detail {

/// Looks before it sleeps, as long as that helps. One thread at a time.
class lookout {
 public:
  /// Looks for up to `most`; not at all on a single processor, which whoever is waited for needs.
  explicit lookout(duration most) noexcept;

  /// Whether one of `fds` becomes readable soon; then it says so as after poll(2). Meanwhile others have their turn.
  /// After a vain attempt one call is left out, then two, up to 32: what comes less often is not looked for.
  bool comes_soon(std::vector<pollfd>& fds) noexcept;

 private:
  duration most_;
  unsigned rest_ = 0;     // calls to be left out
  unsigned in_vain_ = 0;  // that were left out the last time
};

}  // namespace wye::detail
