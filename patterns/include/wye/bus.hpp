// bus: each message to all direct peers. NNG only (SP protocol BUS); ZeroMQ throws error{not_supported}.
#pragma once

#include <wye/pattern.hpp>
#include <wye/stream.hpp>
#include <wye/typed.hpp>

namespace wye {

/// Best effort; a message is not forwarded beyond the direct peers.
template <class T = message>
class bus : public pattern {
 public:
  bus(context& ctx, const pattern_options& options) : pattern(ctx, role::bus, options) {}

  /// Does not wait for slow peers. Errors: too_large, closed, concurrent_use.
  result<void> send(const T& body, deadline until = deadline::never(), std::stop_token stop = {}) {
    return detail::send_body<T>(core_, body, until, std::move(stop));
  }
  /// Errors: timeout, cancelled, closed, malformed (counted), concurrent_use.
  result<T> recv(deadline until = deadline::never(), std::stop_token stop = {}) {
    return detail::recv_body<T>(core_, until, std::move(stop));
  }
  /// All messages until stop is requested or the socket is closed.
  [[nodiscard]] stream_range<T, bus> until(std::stop_token stop) { return {*this, std::move(stop)}; }
};

}  // namespace wye
