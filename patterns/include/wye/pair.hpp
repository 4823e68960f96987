// pair: two peers, both ways.
#pragma once

#include <wye/pattern.hpp>
#include <wye/stream.hpp>
#include <wye/typed.hpp>

namespace wye {

/// One peer at a time (pair v0 on NNG, as nanomsg speaks it). A second peer is turned away by the engine.
template <class T = message>
class pair : public pattern {
 public:
  pair(context& ctx, const pattern_options& options) : pattern(ctx, role::pair, options) {}

  /// Errors: timeout, cancelled, too_large, closed, concurrent_use.
  result<void> send(const T& body, deadline until = deadline::never(), std::stop_token stop = {}) {
    return detail::send_body<T>(core_, body, until, std::move(stop));
  }
  /// Errors: timeout, cancelled, closed, malformed (counted), concurrent_use.
  result<T> recv(deadline until = deadline::never(), std::stop_token stop = {}) {
    return detail::recv_body<T>(core_, until, std::move(stop));
  }
  /// All messages until stop is requested or the socket is closed.
  [[nodiscard]] stream_range<T, pair> until(std::stop_token stop) { return {*this, std::move(stop)}; }
};

}  // namespace wye
