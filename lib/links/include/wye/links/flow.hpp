// flow: to whom a role's messages go.
#pragma once

#include <wye/engine.hpp>

namespace wye::links {

enum class flow {
  none,       ///< the role does not send
  pooled,     ///< to whichever peer has room, in turn
  addressed,  ///< to one peer that the message names
  broadcast,  ///< to all
};

constexpr flow flow_of(role r) noexcept {
  switch (r) {
    case role::push:
    case role::dealer:
    case role::pair: return flow::pooled;
    case role::router:
    case role::respondent: return flow::addressed;
    case role::publisher:
    case role::surveyor:
    case role::bus: return flow::broadcast;
    default: return flow::none;
  }
}

constexpr bool receives(role r) noexcept { return r != role::publisher && r != role::push; }

}  // namespace wye::links
