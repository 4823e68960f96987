// pusher and puller: each message to one of the peers that have room.
#pragma once

#include <wye/pattern.hpp>
#include <wye/stream.hpp>
#include <wye/typed.hpp>

namespace wye {

/// Hands each message to one puller. Accepted means: handed to a peer, or visible in ledger() as in flight, dropped
/// or at risk. It does not mean processed; for that use requester or a durable queue.
template <class T = message>
class pusher : public pattern {
 public:
  pusher(context& ctx, const pattern_options& options) : pattern(ctx, role::push, options) {}

  /// Waits for a peer with room until the deadline. Errors: timeout, cancelled, too_large, closed, concurrent_use.
  result<void> send(const T& body, deadline until = deadline::never(), std::stop_token stop = {}) {
    return detail::send_body<T>(core_, body, until, std::move(stop));
  }
  result<void> send(T&& body, deadline until = deadline::never(), std::stop_token stop = {}) {
    return detail::send_body<T>(core_, std::move(body), until, std::move(stop));
  }
  /// Raw bytes, one frame, copied straight into the engine's memory.
  result<void> send(bytes_view body, deadline until = deadline::never(),
                    std::stop_token stop = {}) requires std::is_same_v<T, message> {
    return core_.send(body, until, std::move(stop));
  }
};

/// Receives from all pushers, fairly.
template <class T = message>
class puller : public pattern {
 public:
  puller(context& ctx, const pattern_options& options) : pattern(ctx, role::pull, options) {}

  /// The next message. Errors: timeout, cancelled, closed, malformed (counted), concurrent_use.
  result<T> recv(deadline until = deadline::never(), std::stop_token stop = {}) {
    return detail::recv_body<T>(core_, until, std::move(stop));
  }

  /// All messages until stop is requested or the socket is closed.
  [[nodiscard]] stream_range<T, puller> until(std::stop_token stop) { return {*this, std::move(stop)}; }
};

}  // namespace wye
