// poller: many sockets of any engine, timers and file descriptors in one thread.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>

#include <wye/clock.hpp>
#include <wye/engine.hpp>
#include <wye/result.hpp>
#include <wye/socket.hpp>

namespace wye {

/// Calls back when something is ready. One thread owns the poller and the sockets in it. Callbacks run in poll() or
/// run() of that thread, and may add, remove and call stop(). Readiness is level-triggered on both engines: a callback
/// that leaves messages is called again.
class poller {
 public:
  /// Names an entry; never reused within a poller.
  using id = std::uint64_t;

  poller();
  poller(poller&&) noexcept;
  poller& operator=(poller&&) noexcept;
  ~poller();

  /// `what` is called with the events that hold. The socket must outlive the entry and stay where it is.
  id add(socket& s, events interest, std::function<void(events)> what);
  /// A plain descriptor; `what` gets poll(2)'s revents. The descriptor stays the caller's.
  id add(int fd, short interest, std::function<void(short)> what);
  /// Calls `what` every `period`, the first time after one; periods missed while busy are skipped, not made up for.
  /// Throws error{bad_option} for a period that is not positive.
  id add_timer(duration period, std::function<void()> what);
  /// Calls `what` once.
  id add_once(deadline at, std::function<void()> what);
  /// Removes an entry; false if there is none.
  bool remove(id which);

  /// Waits until something is ready or `until` passes, and calls back. Returns how many callbacks ran; zero on timeout.
  /// Errors: cancelled.
  result<std::size_t> poll(deadline until = deadline::never(), std::stop_token stop = {});
  /// Polls until stop() or the token.
  void run(std::stop_token stop = {});
  /// Ends run() after the current callback.
  void stop() noexcept;

 private:
  struct state;
  std::unique_ptr<state> self_;
};

}  // namespace wye
