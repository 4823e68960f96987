// dealer and router: asynchronous messages with addresses; the base of all request-reply.
#pragma once

#include <string>
#include <string_view>

#include <wye/pattern.hpp>

namespace wye {

/// Sends to whichever peer has room, receives from all. Messages raw.
class dealer : public pattern {
 public:
  dealer(context& ctx, const pattern_options& options) : pattern(ctx, role::dealer, options) {}

  /// Errors: timeout, cancelled, too_large, malformed, closed, concurrent_use.
  result<void> send(message m, deadline until = deadline::never(), std::stop_token stop = {}) {
    return core_.send(m, until, std::move(stop));
  }
  /// Errors: timeout, cancelled, closed, concurrent_use.
  result<message> recv(deadline until = deadline::never(), std::stop_token stop = {}) {
    return core_.recv(until, std::move(stop));
  }
};

/// A message together with who sent it.
struct routed {
  std::string identity;  ///< any bytes; good for router::send while the peer is connected
  message body;
};

/// Receives from all with the sender's identity, sends to one by identity. Messages raw.
class router : public pattern {
 public:
  router(context& ctx, const pattern_options& options) : pattern(ctx, role::router, options) {}

  /// Errors: no_peer (unknown or gone: never silence; refused), timeout (its queue stayed full), cancelled,
  /// too_large, closed, concurrent_use.
  result<void> send(std::string_view identity, message body, deadline until = deadline::never(),
                    std::stop_token stop = {});
  /// Errors: timeout, cancelled, closed, concurrent_use.
  result<routed> recv(deadline until = deadline::never(), std::stop_token stop = {});
};

}  // namespace wye
