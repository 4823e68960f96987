// flow: to whom a role's messages go.
#pragma once

#include <string>

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

/// Whether the two can be connected.
constexpr bool fit(role a, role b) noexcept {
  switch (a) {
    case role::publisher: return b == role::subscriber;
    case role::subscriber: return b == role::publisher;
    case role::push: return b == role::pull;
    case role::pull: return b == role::push;
    case role::router:
    case role::dealer: return b == role::router || b == role::dealer;
    case role::surveyor: return b == role::respondent;
    case role::respondent: return b == role::surveyor;
    default: return a == b;
  }
}

/// What to tell `mine` about a peer that does not fit.
inline std::string misfit(role mine, role theirs) {
  return "wrong pattern: a " + std::string(name_of(mine)) + " can't talk to a " + std::string(name_of(theirs)) +
         "; see the feature matrix";
}

}  // namespace wye::links
