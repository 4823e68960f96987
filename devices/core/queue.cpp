#include <wye/devices/queue.hpp>

#include "machine.hpp"
#include "queueing.hpp"

namespace wye {

queue::queue(context& ctx, const queue_options& o)
    : device(std::make_unique<machine>(o.common, std::make_unique<devices::queueing>(ctx, o))) {}

}  // namespace wye
