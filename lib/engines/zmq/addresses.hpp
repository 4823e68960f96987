// addresses: what libzmq wants to hear for an endpoint.
#pragma once

#include <string>

#include <wye/endpoint.hpp>

namespace wye::zmq_engine {

/// True if the endpoint should be handled with ZMQ_IPV6 set: libzmq takes the first address of a name in the chosen
/// family and never tries the other, so a name that has an IPv4 address is used with that.
bool wants_ipv6(const endpoint& e, bool for_bind);

/// The address to bind: host names resolved, because libzmq binds to addresses and interfaces only.
std::string bind_address(const endpoint& at);

/// Throws error{address_in_use} if somebody lives on an ipc path or something there is not a socket; libzmq would
/// remove it and take its place.
void refuse_live_path(const endpoint& at);

}  // namespace wye::zmq_engine
