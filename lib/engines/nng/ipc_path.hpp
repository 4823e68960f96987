// ipc_path: whether a path is free to listen at.
#pragma once

#include <wye/endpoint.hpp>

namespace wye::nng {

/// Throws error{address_in_use} if somebody listens at an ipc path, or something there is not a socket. NNG has a test
/// of its own, but it takes any file for a stale socket and deletes it; and it hangs up on a live listener at once,
/// which stops that listener for good if it is NNG's (see README). This one waits for the greeting first.
void refuse_taken_path(const endpoint& at);

}  // namespace wye::nng
