#include <wye/devices/named_queues.hpp>

#include "hosting.hpp"
#include "machine.hpp"

namespace wye {

named_queues::named_queues(context& ctx, const named_queues_options& o)
    : device(std::make_unique<machine>(o.common, std::make_unique<devices::hosting>(ctx, o))) {}

}  // namespace wye
