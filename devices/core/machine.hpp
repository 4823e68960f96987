// device::machine: a mechanism and the pump that drives it.
#pragma once

#include <algorithm>

#include <wye/devices/device.hpp>

#include "mechanism.hpp"
#include "pump.hpp"

namespace wye {

struct device::machine {
  machine(const device_options& options, std::unique_ptr<devices::mechanism> what)
      : name(options.name),
        drain_timeout(options.drain_timeout),
        does(std::move(what)),
        bound(does->bound()),
        drive(std::max(options.frontend_socket.spin, options.backend_socket.spin)) {}

  std::string name;
  duration drain_timeout;
  std::unique_ptr<devices::mechanism> does;
  std::vector<bound_side> bound;
  devices::pump drive;
};

}  // namespace wye
