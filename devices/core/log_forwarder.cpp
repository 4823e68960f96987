#include <wye/devices/log_forwarder.hpp>

#include "logging.hpp"
#include "machine.hpp"

namespace wye {

log_forwarder::log_forwarder(context& ctx, const log_forwarder_options& o)
    : device(std::make_unique<machine>(o.common, std::make_unique<devices::logging>(ctx, o))) {}

}  // namespace wye
