#include <wye/devices/log_forwarder.hpp>

#include "logging.hpp"
#include "machine.hpp"

namespace wye {

log_forwarder::log_forwarder(context& ctx, std::unique_ptr<store> in, const log_forwarder_options& o)
    : device(std::make_unique<machine>(o.common, std::make_unique<devices::logging>(ctx, std::move(in), o))) {}

}  // namespace wye
