// streaming: pull → push.
#pragma once

#include "mechanism.hpp"

namespace wye::devices {

class streaming final : public mechanism {
 public:
  streaming(context& ctx, const device_options& options)
      : mechanism(ctx, options), in_(open_front(ctx, options, role::pull)), out_(open_back(ctx, options, role::push)) {}

  std::size_t move(std::size_t burst, bool taking) override { return forward().move_all(in_, out_, burst, taking); }
  void watch(watch_list& list, bool taking) override {
    if (forward().holding()) list.add(out_, events::writable);
    else if (taking) list.add(in_, events::readable);
  }
  /// What has left a pusher may still be on its way here.
  [[nodiscard]] std::optional<duration> silence() const override { return std::chrono::milliseconds(100); }

 private:
  side& in_;
  side& out_;
};

}  // namespace wye::devices
