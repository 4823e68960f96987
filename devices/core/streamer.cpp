#include <wye/devices/streamer.hpp>

#include "machine.hpp"
#include "streaming.hpp"

namespace wye {

streamer::streamer(context& ctx, const streamer_options& o)
    : device(std::make_unique<machine>(o.common, std::make_unique<devices::streaming>(ctx, o.common))) {}

}  // namespace wye
