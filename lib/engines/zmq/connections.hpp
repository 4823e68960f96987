// connections: a socket that sends to whoever is there, with a libzmq socket for each of its connections.
#pragma once

#include <wye/detail/joined_socket.hpp>

#include "socket.hpp"

namespace wye::zmq_engine {

/// For push, dealer and pair. libzmq has two ways to treat connections that are not there, and both are wrong for
/// several in one of its sockets. Without ZMQ_IMMEDIATE it gives messages to who is away. With it, it throws away what
/// came over a connection that has ended, and aborts the process if it does so between two frames that are read. A
/// libzmq socket with one connection goes without, and we give it nothing while its peer is away. All that comes to
/// where we listen is one more member.
class connections final : public detail::joined_socket {
 public:
  connections(shared_core& core, role as, const socket_options& options);

  endpoint bind(const endpoint& at) override;
  void connect(const endpoint& to) override;
  void remove(const endpoint& which) override;

 protected:
  [[nodiscard]] std::string shared_by(const endpoint& e, bool binds) const override;
  std::unique_ptr<raw_socket> open(const endpoint& first, bool binds) override;

 private:
  void share_room() noexcept;

  shared_core& core_;
  const role as_;
  const socket_options options_;
  const std::size_t most_peers_;
  zmq_socket* listener_ = nullptr;
};

}  // namespace wye::zmq_engine
