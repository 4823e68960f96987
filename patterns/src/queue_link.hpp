// queue_link: the connection of a client to its device of named queues, and how it learns that it is another one.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include <wye/queue_protocol.hpp>
#include <wye/socket.hpp>

namespace wye::detail {

/// A dealer with one endpoint. The device forgets a client with its connection, so whoever uses this asks look() in
/// each turn, and begins anew when it says so.
class queue_link {
 public:
  /// Throws error{bad_option} unless `to` is one endpoint. `silence`: see producer_options. Zero: a silent device is
  /// borne with.
  queue_link(context& ctx, const endpoints& to, const socket_options& options, std::chrono::milliseconds silence);

  /// True once for each change: the connection was lost, or is there anew. Notices it after 5 ms at the latest.
  bool look();
  [[nodiscard]] bool connected() const noexcept { return peer_ != 0; }
  /// Counts the connections, from 1; 0 before the first.
  [[nodiscard]] std::uint64_t session() const noexcept { return session_; }

  /// Takes `m` over, or leaves it: would_block.
  errc send(message& m) { return core_.try_send(m); }
  /// The next answer that can be read, or would_block. `a` shows into `m`.
  errc receive(message& m, queue_protocol::answer& a);
  /// While answers are due and none comes: asks the device for a sign of life, and at last connects anew.
  void watch(bool answers_are_due, std::string_view queue);

  /// Repeats `turn` until `done`, and waits between. `wants_room`: something waits to be sent. Errors: timeout, no_peer
  /// (not connected at the deadline), cancelled, closed, wrong_state.
  template <class Turn, class Done, class WantsRoom>
  result<void> run_until(Turn&& turn, Done&& done, WantsRoom&& wants_room, deadline until,
                         const std::stop_token& stop) {
    raw_socket* const raw = core_.raw();
    const std::stop_callback wake(stop, [raw] { raw->wake(); });
    for (;;) {
      if (core_.is_closed()) return errc::closed;
      turn();
      if (done()) return {};
      if (stop.stop_requested()) return errc::cancelled;
      if (until.passed()) return late();
      raw->wait(connected() && wants_room() ? events::both : events::readable, earlier(until, look_again).at());
    }
  }

  [[nodiscard]] socket& core() noexcept { return core_; }
  [[nodiscard]] const socket& core() const noexcept { return core_; }
  [[nodiscard]] const std::string& to() const noexcept { return to_; }

 private:
  [[nodiscard]] failure late() const;
  void probe(std::string_view queue);
  void reconnect();

  // Waiting for readability does not end when a connection does.
  static constexpr std::chrono::milliseconds look_again{20};
  static constexpr std::chrono::milliseconds look_pause{5};  // asking an engine for its peers takes a while
  static constexpr std::uint64_t probe_id = UINT64_MAX;

  std::string to_;
  socket core_;
  std::chrono::milliseconds silence_;
  std::uint64_t peer_ = 0;  // as in peer_info; 0: none
  std::uint64_t session_ = 0;
  time_point looked_ = {};
  time_point heard_ = clock::now();
  std::optional<time_point> probed_;  // and no word since
  std::string complaint_;             // what the device could not make of us
};

}  // namespace wye::detail
