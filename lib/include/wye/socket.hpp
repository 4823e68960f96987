// socket: what all pattern sockets are made of. Deadlines, cancellation, ownership and counting are written here, once.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string_view>
#include <vector>

#include <wye/clock.hpp>
#include <wye/context.hpp>
#include <wye/endpoint.hpp>
#include <wye/ledger.hpp>
#include <wye/message.hpp>
#include <wye/options.hpp>
#include <wye/result.hpp>

namespace wye {

namespace batch {
struct contents;
}

/// A socket in some role, raw messages in and out. Patterns wrap it and offer the verbs that fit; devices use it as
/// it is. Movable; one owner at a time: a call that finds another thread inside a call of the same socket returns
/// errc::concurrent_use (or throws it, from bind and connect) and does nothing. Handing it to another thread between
/// calls is fine. ledger(), peers(), peer_count() and subscriptions() may be called from any thread at any time.
///
/// Endpoints choose the engines, and one socket may have endpoints of several: what is sent, and what is received, then
/// goes over all of them (docs/reference/endpoints.md). Calls before the first endpoint return errc::wrong_state.
class socket {
 public:
  /// A socket without endpoints. Throws error{bad_option}.
  socket(context& ctx, role as, socket_options options = {});
  /// Binds and connects at once; throws what bind and connect throw, and leaves nothing behind.
  socket(context& ctx, role as, const endpoints& bind, const endpoints& connect, socket_options options = {});
  socket(socket&&) noexcept;
  socket& operator=(socket&&) noexcept;
  /// close(options.linger), ignoring the outcome.
  ~socket();

  /// Listens at `at`; returns the real endpoint, with port 0 resolved. May be called again, also while running.
  endpoint bind(std::string_view at);
  /// Connects, now or when the other side appears, and reconnects for ever.
  void connect(std::string_view to);
  /// Undoes a bind or connect while running. Throws error{bad_endpoint} if unknown here.
  void remove(std::string_view which);
  /// Real endpoints bound so far, in order.
  [[nodiscard]] const std::vector<endpoint>& bound() const noexcept;

  /// Sends; waits for room until the deadline. On failure `m` is untouched. Errors: timeout, cancelled, no_peer,
  /// too_large, malformed (no frames), closed, concurrent_use, wrong_state.
  result<void> send(message& m, deadline until = deadline::never(), std::stop_token stop = {});
  result<void> send(message&& m, deadline until = deadline::never(), std::stop_token stop = {}) {
    return send(m, until, std::move(stop));
  }
  /// Sends one frame, copied straight into the engine's memory.
  result<void> send(bytes_view body, deadline until = deadline::never(), std::stop_token stop = {});
  /// Receives. Errors: timeout, cancelled, closed, concurrent_use, wrong_state.
  result<message> recv(deadline until = deadline::never(), std::stop_token stop = {});
  /// The same into a message that is reused: the fastest way to receive.
  result<void> recv(message& into, deadline until = deadline::never(), std::stop_token stop = {});

  /// Without blocking, and without making a result: errc::ok, would_block, … For pumps.
  errc try_send(message& m);
  errc try_recv(message& m);
  /// For devices: the same, but a batch comes unopened, and `what` says what is in it and how it counts
  /// (<wye/batch.hpp>). No messages in `what`: `m` is a message like any other.
  errc try_recv(message& m, batch::contents& what);
  /// Sends such a batch on as it is. not_supported, and `m` untouched: not all whom it would reach are known to read
  /// batches, or it is larger than this socket's limits allow; so send its messages one by one.
  errc try_send(message& m, const batch::contents& what);

  /// subscriber: prefix filters; also before the first endpoint. errc::not_supported for other roles, too_large for
  /// more than max_prefix bytes.
  result<void> subscribe(bytes_view prefix);
  result<void> unsubscribe(bytes_view prefix);

  /// Waits until at least `count` peers are up. Errors: timeout, cancelled, concurrent_use.
  result<void> wait_for_peers(std::size_t count, deadline until = deadline::never(), std::stop_token stop = {});
  /// publisher: waits until at least `count` subscriptions match `topic` (any, if nullopt). Where the engine cannot
  /// know them (NNG) it waits for peers: NNG filters at the subscriber, so a connected one misses nothing.
  result<void> wait_for_subscriptions(std::size_t count, std::optional<bytes_view> topic = {},
                                      deadline until = deadline::never(), std::stop_token stop = {});
  /// Waits for readiness. Errors: timeout, cancelled, concurrent_use.
  result<events> wait(events interest, deadline until = deadline::never(), std::stop_token stop = {});
  /// The next connection or subscription event. Errors: timeout, cancelled, concurrent_use.
  result<socket_event> next_event(deadline until = deadline::now(), std::stop_token stop = {});

  /// A frame of `size` writable bytes in the engine's own memory.
  [[nodiscard]] frame loan(std::size_t size);

  /// Waits up to `linger` until everything accepted has left the process, and closes. errc::timeout if something was
  /// left (counted as linger_expired). Afterwards every call returns errc::closed; ledger() stays readable.
  result<void> close(duration linger);
  result<void> close() { return close(options().linger); }
  [[nodiscard]] bool is_closed() const noexcept;

  [[nodiscard]] wye::ledger ledger() const;
  /// Counts a message that the pattern above had to drop.
  void count_drop(drop_reason why, std::uint64_t messages = 1) noexcept;
  [[nodiscard]] std::vector<peer_info> peers() const;
  [[nodiscard]] std::size_t peer_count() const noexcept;
  [[nodiscard]] std::optional<std::size_t> subscriptions(std::optional<bytes_view> topic = {}) const;
  [[nodiscard]] role as() const noexcept;
  [[nodiscard]] const socket_options& options() const noexcept;
  /// The engine's name, or "" before the first endpoint; of several all, such as "zmq+nng", in the order of their first
  /// endpoints.
  [[nodiscard]] std::string_view engine_name() const noexcept;
  /// Whether an endpoint of this socket chose that engine.
  [[nodiscard]] bool uses(std::string_view engine) const noexcept;

  /// For pollers: the engine's socket, or null before the first endpoint; another one once a second engine has come.
  /// Same thread rule as the socket.
  [[nodiscard]] raw_socket* raw() noexcept;

 private:
  struct state;
  class turn;
  result<void> send_slowly(message& m, errc first, deadline until, const std::stop_token& stop);
  result<void> recv_slowly(message& m, errc first, deadline until, const std::stop_token& stop);
  result<void> wait_until(const std::function<bool(raw_socket&)>& holds, deadline until, const std::stop_token& stop);
  std::unique_ptr<state> self_;
};

}  // namespace wye
