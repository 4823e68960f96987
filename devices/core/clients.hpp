// clients: the frontend of request-reply: routers of either engine, and the way back through the right one.
#pragma once

#include <optional>

#include "side.hpp"

namespace wye::devices {

/// With one socket, messages are as the router gives them: [identity][envelope…][""][body…]. With several, the identity
/// has one more byte, which tells the socket: identities are opaque to everybody behind.
class clients {
 public:
  explicit clients(side& front) : front_(front) {}

  errc try_recv(message& m);
  /// Back to the client whose identity is in front. limit: it does not read its answers, and has no more room for them.
  errc try_send(message& m);
  void rotate() noexcept { front_.rotate(); }
  [[nodiscard]] side& sockets() noexcept { return front_; }

 private:
  side& front_;
};

/// The drop reason for a message from a client that must not go on: an envelope too long or not well formed.
/// nullopt for free messages, too.
std::optional<drop_reason> fault_of(const message& m, int max_hops) noexcept;

}  // namespace wye::devices
