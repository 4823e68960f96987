// shared<S>: one socket, many threads.
#pragma once

#include <poll.h>

#include <atomic>
#include <mutex>
#include <type_traits>
#include <utility>

#include <wye/pattern.hpp>
#include <wye/wake_event.hpp>

namespace wye {

/// Wraps a pattern socket (or a requester, replier) so that any thread may use it. Calls take turns; a receiver that
/// waits does so outside the lock, so senders are not held up. Not movable. Costs a mutex per call: where speed
/// matters give each thread a socket of its own.
template <class S>
class shared {
 public:
  template <class... Args>
  explicit shared(Args&&... args) : socket_(std::forward<Args>(args)...) {}
  explicit shared(S&& socket) : socket_(std::move(socket)) {}

  /// Runs `use(S&)` with the socket for itself. Do not block in it.
  template <class Use>
  decltype(auto) with(Use&& use) {
    const waking after{*this};
    const std::lock_guard lock(mutex_);
    return std::forward<Use>(use)(socket_);
  }

  /// As S::send(args…), with the deadline and stop token at the end. Only the sender of the turn is held up by a full
  /// queue: others get their turns in between.
  template <class Body>
  result<void> send(const Body& body, deadline until = deadline::never(), std::stop_token stop = {}) {
    return again(events::writable, until, stop, [&](S& s) { return s.send(body, deadline::now()); });
  }
  template <class First, class Body>
  requires(!std::is_convertible_v<const Body&, deadline>) result<void> send(const First& first, const Body& body,
                                                                            deadline until = deadline::never(),
                                                                            std::stop_token stop = {}) {
    return again(events::writable, until, stop, [&](S& s) { return s.send(first, body, deadline::now()); });
  }

  /// As S::recv(deadline, stop).
  auto recv(deadline until = deadline::never(), std::stop_token stop = {}) {
    return again(events::readable, until, stop, [](S& s) { return s.recv(deadline::now()); });
  }

  /// Counters, from any thread.
  [[nodiscard]] wye::ledger ledger() const { return socket_.ledger(); }
  [[nodiscard]] std::size_t peer_count() const noexcept { return socket_.peer_count(); }

 private:
  // An engine's edge-triggered descriptor may be consumed by another thread's call: whoever waits is told to look
  // again.
  struct waking {
    shared& of;
    ~waking() {
      if (of.waiting_.load() > 0) of.changed_.set();
    }
  };

  template <class Try>
  std::invoke_result_t<Try, S&> again(events interest, deadline until, const std::stop_token& stop, Try attempt) {
    wake_event cancel;
    const std::stop_callback on_stop(stop, [&] { cancel.set(); });
    waiting_.fetch_add(1);
    struct leaving {
      std::atomic<int>& count;
      ~leaving() { count.fetch_sub(1); }
    } const left{waiting_};
    for (;;) {
      if (stop.stop_requested()) return errc::cancelled;
      std::vector<pollfd> fds;
      {
        const waking after{*this};
        const std::lock_guard lock(mutex_);
        auto done = attempt(socket_);
        if (done || done.code() != errc::timeout) return done;
        if (until.passed()) return done;
        changed_.clear();
        if (raw_socket* raw = socket_.core().raw()) {
          if (any(raw->ready(interest))) continue;
          raw->poll_fds(interest, fds);
        }
      }
      fds.push_back({changed_.fd(), POLLIN, 0});
      fds.push_back({cancel.fd(), POLLIN, 0});
      poll_until(fds, earlier(until, std::chrono::milliseconds(100)));
    }
  }

  S socket_;
  std::mutex mutex_;
  std::atomic<int> waiting_{0};
  wake_event changed_;
};

}  // namespace wye
