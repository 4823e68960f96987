#include <wye/devices/forwarder.hpp>

#include "forwarding.hpp"
#include "machine.hpp"

namespace wye {

forwarder::forwarder(context& ctx, const forwarder_options& o)
    : device(std::make_unique<machine>(o.common, std::make_unique<devices::forwarding>(ctx, o))) {}

}  // namespace wye
