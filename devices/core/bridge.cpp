#include <wye/devices/bridge.hpp>

#include "bridging.hpp"
#include "forwarding.hpp"
#include "machine.hpp"
#include "streaming.hpp"

namespace wye {
namespace {

std::unique_ptr<devices::mechanism> make(context& ctx, const bridge_options& o) {
  switch (o.pattern) {
    case bridge_pattern::pubsub:
      return std::make_unique<devices::forwarding>(ctx, forwarder_options{.common = o.common});
    case bridge_pattern::pushpull: return std::make_unique<devices::streaming>(ctx, o.common);
    case bridge_pattern::reqrep:
    case bridge_pattern::routerdealer: return std::make_unique<devices::request_bridging>(ctx, o);
    case bridge_pattern::pair: return std::make_unique<devices::pair_bridging>(ctx, o.common);
  }
  throw error(errc::bad_option, "option pattern is none of pubsub, pushpull, reqrep, routerdealer, pair");
}

}  // namespace

std::string_view name_of(bridge_pattern pattern) noexcept {
  switch (pattern) {
    case bridge_pattern::pubsub: return "pubsub";
    case bridge_pattern::pushpull: return "pushpull";
    case bridge_pattern::reqrep: return "reqrep";
    case bridge_pattern::routerdealer: return "routerdealer";
    case bridge_pattern::pair: return "pair";
  }
  return "unknown";
}

bridge::bridge(context& ctx, const bridge_options& o) : device(std::make_unique<machine>(o.common, make(ctx, o))) {}

}  // namespace wye
