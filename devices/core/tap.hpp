// tap: the capture endpoint of a device.
#pragma once

#include "side.hpp"

namespace wye::devices {

class tap {
 public:
  tap(context& ctx, const device_options& options)
      : out_(ctx, {.name = "capture", .as = role::publisher, .bind = options.capture}) {}

  /// Best effort: never waits. What listeners miss, the side counts.
  void copy(const message& m) {
    if (out_.empty()) return;
    copy_ = m;
    (void)out_.try_send(copy_);
  }
  [[nodiscard]] side& out() noexcept { return out_; }
  [[nodiscard]] const side& out() const noexcept { return out_; }

 private:
  side out_;
  message copy_;
};

}  // namespace wye::devices
