// outlet: what has been accepted and NNG has no room for yet.
#pragma once

#include <nng/nng.h>

#include <atomic>
#include <deque>
#include <mutex>

#include <wye/error.hpp>

#include "body.hpp"
#include "signal.hpp"

namespace wye::nng {

/// Sends without blocking. A message goes straight into NNG's own buffer while that has room; when it is full, the
/// following ones queue here, and NNG's threads feed them on one by one, without waking the sender for each.
class outlet {
 public:
  /// At most `limit` messages wait here. Throws std::bad_alloc.
  outlet(nng_socket s, std::size_t limit, signal& changed);
  outlet(const outlet&) = delete;
  outlet& operator=(const outlet&) = delete;
  ~outlet();

  /// errc::ok takes the message. would_block and errors leave it. One thread at a time.
  errc send(msg_ptr& m);
  /// Whether send would accept. After a would_block: only once half of the queue is free, so that a sender that waits
  /// wakes for many messages. The owner's thread.
  [[nodiscard]] bool writable() const noexcept { return !stalled_.load(std::memory_order_acquire); }
  /// Messages waiting here. Any thread.
  [[nodiscard]] std::size_t waiting() const noexcept { return waiting_.load(std::memory_order_acquire); }
  /// Ends sending, throws away what waits; returns when no callback runs any more.
  void stop() noexcept;

 private:
  static void fed(void* self) noexcept;
  errc hand_over(msg_ptr& m);
  void feed(msg_ptr m);
  bool feed_next();

  nng_socket socket_;
  std::size_t limit_;
  signal& changed_;
  nng_aio* direct_ = nullptr;  // has no callback and no patience: completes before nng_send_aio returns
  nng_aio* feeder_ = nullptr;  // waits for room on behalf of the queue

  std::mutex mutex_;  // guards queue_
  std::deque<msg_ptr> queue_;
  std::atomic<std::size_t> waiting_{0};  // queue_.size() and the feeder's message
  std::atomic<bool> stalled_{false};
};

}  // namespace wye::nng
