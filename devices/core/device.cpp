#include <wye/devices/device.hpp>

#include <numeric>

#include "machine.hpp"

namespace wye {

std::string_view name_of(device_state state) noexcept {
  switch (state) {
    case device_state::idle: return "idle";
    case device_state::running: return "running";
    case device_state::paused: return "paused";
    case device_state::draining: return "draining";
    case device_state::stopped: return "stopped";
  }
  return "unknown";
}

std::uint64_t flow_statistics::dropped_total() const noexcept {
  return std::accumulate(dropped.begin(), dropped.end(), std::uint64_t{0});
}

device::device(std::unique_ptr<machine> inside) : inside_(std::move(inside)) {}
device::~device() = default;

result<void> device::run(std::stop_token stop) {
  return inside_->drive.run(*inside_->does, stop, inside_->drain_timeout);
}
void device::pause() noexcept { inside_->drive.pause(true); }
void device::resume() noexcept { inside_->drive.pause(false); }
void device::drain(deadline until) noexcept { inside_->drive.end_by(until); }
void device::stop() noexcept { inside_->drive.end_by(deadline::now()); }

device_statistics device::statistics() const {
  device_statistics now;
  now.state = inside_->drive.state();
  inside_->does->report(now);
  return now;
}

const std::vector<bound_side>& device::bound() const noexcept { return inside_->bound; }

const endpoint& device::bound(std::string_view side, std::size_t index) const {
  for (const auto& b : inside_->bound)
    if (b.side == side && index < b.at.size()) return b.at[index];
  throw error(errc::bad_endpoint,
              "the device is not bound at endpoint " + std::to_string(index) + " of side " + std::string(side));
}

const std::string& device::name() const noexcept { return inside_->name; }

}  // namespace wye
