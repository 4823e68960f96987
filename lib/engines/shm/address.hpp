// address: endpoints as Unix sockets.
#pragma once

#include <wye/endpoint.hpp>

#include "descriptor.hpp"

namespace wye::shm {

/// A socket that listens there, and does not block. A live path is refused, a stale one replaced. Throws
/// error{address_in_use, address_unavailable, permission, limit}.
descriptor listen_at(const endpoint& at);
/// Removes the file of a path, if it is still the one that we made.
void leave(const endpoint& at, int listener) noexcept;
/// A connection, or none with errno set.
descriptor connect_to(const endpoint& to) noexcept;
/// Whether the other side may talk to us there: a path is guarded by its mode, a name is for one user.
bool is_welcome(const endpoint& at, int connection) noexcept;

}  // namespace wye::shm
