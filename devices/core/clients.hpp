// clients: the frontend of request-reply: routers of either engine, and the way back through the right one.
#pragma once

#include <optional>

#include "backlog.hpp"
#include "flow.hpp"
#include "side.hpp"

namespace wye::devices {

/// With one socket, messages are as the router gives them: [identity][envelope…][""][body…]. With several, the identity
/// has one more byte, which tells the socket: identities are opaque to everybody behind.
class clients {
 public:
  static constexpr bool counts_itself = true;

  /// Answers that have gone are counted in `answers`. Up to `send_queue` of them wait here for each client whose router
  /// has no room: an engine may hold far fewer for one peer, and an answer dropped is a request handled twice.
  clients(side& front, std::size_t send_queue, flow& answers);

  errc try_recv(message& m);
  /// Back to the client whose identity is in front, now or when there is room. Other results than ok are for the caller
  /// to count; limit: the client does not read its answers, and has no more room for them.
  errc try_send(message& m);
  /// The same, but what finds no room stays with the caller: would_block.
  errc offer(message& m);
  void rotate() noexcept { front_.rotate(); }
  [[nodiscard]] side& sockets() noexcept { return front_; }

  /// Sends what waits, as far as there is room. Call it at next_try() at the latest.
  void send_waiting(time_point now);
  [[nodiscard]] time_point next_try() const noexcept { return next_try_; }
  /// Counts what waits as stopped.
  void abandon();
  /// Some wait for that client, whose identity is as try_recv gave it.
  [[nodiscard]] bool waits(std::string_view name) const { return backlog_.contains(name); }
  /// How many answers wait. Any thread.
  [[nodiscard]] std::uint64_t waiting() const noexcept { return waiting_.value(); }

 private:
  std::optional<std::size_t> address(message& m) const;
  errc pass_on(std::size_t to, message& m);

  side& front_;
  flow& answers_;
  backlog backlog_;
  counter waiting_;
  time_point next_try_ = time_point::max();
};

/// The drop reason for a message from a client that must not go on: an envelope too long or not well formed.
/// nullopt for free messages, too.
std::optional<drop_reason> fault_of(const message& m, int max_hops) noexcept;

}  // namespace wye::devices
