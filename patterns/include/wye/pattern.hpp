// pattern: what all pattern sockets offer, beside the verbs of each.
#pragma once

#include <stop_token>
#include <string_view>
#include <utility>
#include <vector>

#include <wye/socket.hpp>

namespace wye {

/// Options of a pattern that needs no more than endpoints. An aggregate: `{.bind = "tcp://*:5555"}`.
struct pattern_options {
  endpoints bind = {};         ///< listen at these
  endpoints connect = {};      ///< connect to these; they may appear later
  socket_options socket = {};  ///< see there
};

/// Base of the pattern sockets. Threads: as wye::socket — movable, one owner, misuse is errc::concurrent_use;
/// ledger(), peers() and peer_count() from any thread.
class pattern {
 public:
  /// See socket::bind, connect, remove, bound.
  endpoint bind(std::string_view at) { return core_.bind(at); }
  void connect(std::string_view to) { core_.connect(to); }
  void remove(std::string_view which) { core_.remove(which); }
  [[nodiscard]] const std::vector<endpoint>& bound() const noexcept { return core_.bound(); }

  /// See socket::wait_for_peers.
  result<void> wait_for_peers(std::size_t count, deadline until = deadline::never(), std::stop_token stop = {}) {
    return core_.wait_for_peers(count, until, std::move(stop));
  }
  /// See socket::next_event.
  result<socket_event> next_event(deadline until = deadline::now(), std::stop_token stop = {}) {
    return core_.next_event(until, std::move(stop));
  }
  /// See socket::close.
  result<void> close(duration linger) { return core_.close(linger); }
  result<void> close() { return core_.close(); }

  [[nodiscard]] wye::ledger ledger() const { return core_.ledger(); }
  [[nodiscard]] std::vector<peer_info> peers() const { return core_.peers(); }
  [[nodiscard]] std::size_t peer_count() const noexcept { return core_.peer_count(); }

  /// The raw socket beneath: for pollers and devices.
  [[nodiscard]] socket& core() noexcept { return core_; }
  [[nodiscard]] const socket& core() const noexcept { return core_; }

 protected:
  pattern(context& ctx, role as, const pattern_options& o) : core_(ctx, as, o.bind, o.connect, o.socket) {}
  pattern(context& ctx, role as, const endpoints& bind, const endpoints& connect, const socket_options& o)
      : core_(ctx, as, bind, connect, o) {}

  socket core_;  // NOLINT(misc-non-private-member-variables-in-classes): the patterns' one member
};

}  // namespace wye
