// pump: the one loop of all devices, and its controls.
#pragma once

#include <atomic>
#include <stop_token>

#include <wye/detail/lookout.hpp>
#include <wye/devices/device.hpp>
#include <wye/wake_event.hpp>

#include "watch_list.hpp"

namespace wye::devices {

class mechanism;

/// run() in one thread; the rest from any.
class pump {
 public:
  /// `spin`: how long to look for more before sleeping.
  explicit pump(duration spin) noexcept : lookout_(spin) {}

  /// See device::run.
  result<void> run(mechanism& m, const std::stop_token& stop, duration drain_timeout);

  void pause(bool on) noexcept;
  void end_by(deadline until) noexcept;
  [[nodiscard]] device_state state() const noexcept { return state_.load(std::memory_order_relaxed); }

 private:
  [[nodiscard]] deadline limit() const noexcept { return time_point(duration(ends_at_.load())); }
  void turn(mechanism& m, bool taking);
  void wait(mechanism& m, bool taking);
  void drain(mechanism& m);
  [[nodiscard]] bool dry(const mechanism& m) const;

  static constexpr std::size_t burst_ = 1000;
  std::atomic<device_state> state_{device_state::idle};
  std::atomic<bool> started_{false}, paused_{false}, ending_{false};
  std::atomic<duration::rep> ends_at_{time_point::max().time_since_epoch().count()};
  wake_event wake_;
  watch_list list_;
  detail::lookout lookout_;
  time_point now_{}, last_moved_{};
  int idle_turns_ = 0;
};

}  // namespace wye::devices
