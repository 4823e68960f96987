// inlet: what has been received and not yet taken.
#pragma once

#include <nng/nng.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <vector>

#include "body.hpp"
#include "signal.hpp"

namespace wye::nng {

/// Keeps one receive outstanding, so that NNG's own threads carry messages in: a blocking receive would cost a thread
/// switch for each message. One, because with two their order would be open. When the inbox is full no receive is
/// outstanding, and the peers feel it.
class inlet {
 public:
  /// Judges a message on NNG's thread, before it is queued: false drops it.
  using judge = std::function<bool(nng_msg*)>;

  /// `lossy`: when the inbox is full the newest message is dropped and counted, because NNG would drop unseen.
  /// `limit` messages may arrive while a batch of at most as many is being taken. Throws std::bad_alloc.
  inlet(nng_socket s, std::size_t limit, bool lossy, signal& changed, judge accept);
  inlet(const inlet&) = delete;
  inlet& operator=(const inlet&) = delete;
  ~inlet();

  /// Begins to receive.
  void start();
  /// From now on messages are received and thrown away. Any thread.
  void discard() noexcept { discarding_.store(true, std::memory_order_relaxed); }
  /// Takes at most one more message until resume(), so that the peers run into back-pressure. The owner's thread.
  void pause();
  void resume();
  /// Ends receiving; returns when no callback runs any more.
  void stop() noexcept;

  /// The oldest message, or null. The owner's thread.
  msg_ptr take();
  /// The owner's thread.
  [[nodiscard]] bool empty() const noexcept;
  /// Messages dropped because the inbox was full. Any thread.
  [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_.load(std::memory_order_relaxed); }

 private:
  static void received(void* self) noexcept;
  bool keep(msg_ptr m);
  [[nodiscard]] bool may_receive() const noexcept;  // with mutex_
  bool refill();

  nng_socket socket_;
  std::size_t limit_;
  bool lossy_;
  signal& changed_;
  judge accept_;
  nng_aio* aio_ = nullptr;
  std::atomic<bool> discarding_{false};
  std::atomic<std::uint64_t> dropped_{0};

  std::mutex mutex_;  // guards arriving_, held_ and paused_
  std::vector<msg_ptr> arriving_;
  bool held_ = false;                    // by pause()
  bool paused_ = false;                  // no receive is outstanding
  std::atomic<std::size_t> waiting_{0};  // arriving_.size()

  std::vector<msg_ptr> batch_;  // the owner's: taken over in one swap
  std::size_t next_ = 0;
};

}  // namespace wye::nng
