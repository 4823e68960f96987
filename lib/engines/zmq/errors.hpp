// Errors of libzmq in Wye's words.
#pragma once

#include <string>

#include <wye/endpoint.hpp>
#include <wye/error.hpp>

namespace wye::zmq_engine {

/// The data path: errno after zmq_msg_send or zmq_msg_recv.
errc data_error(int number) noexcept;

/// Throws an error for a failed bind or connect that names endpoint, cause and remedy.
[[noreturn]] void throw_endpoint_error(const char* action, const endpoint& at, int number);

/// What a libzmq socket and what belongs to it may need.
inline constexpr int descriptors_of_a_socket = 12;

/// Throws error{limit} unless `count` more file descriptors can be opened: libzmq aborts when it runs out of them
/// while it makes a socket, so we look before.
void require_descriptors(int count);

}  // namespace wye::zmq_engine
