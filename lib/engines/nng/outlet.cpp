#include "outlet.hpp"

#include <new>

namespace wye::nng {

outlet::outlet(nng_socket s, std::size_t limit, signal& changed) : socket_(s), limit_(limit), changed_(changed) {
  if (nng_aio_alloc(&direct_, nullptr, nullptr) != 0) throw std::bad_alloc();
  nng_aio_set_timeout(direct_, NNG_DURATION_ZERO);
  if (nng_aio_alloc(&feeder_, fed, this) != 0) {
    nng_aio_free(direct_);
    throw std::bad_alloc();
  }
}

outlet::~outlet() {
  stop();
  nng_aio_free(feeder_);
  nng_aio_free(direct_);
}

errc outlet::send(msg_ptr& m) {
  if (waiting_.load(std::memory_order_acquire) == 0) {
    if (const errc done = hand_over(m); done != errc::would_block) return done;
    waiting_.store(1, std::memory_order_release);
    feed(std::move(m));
    return errc::ok;
  }
  const std::lock_guard guard(mutex_);
  const std::size_t waiting = waiting_.load(std::memory_order_relaxed);
  if (waiting >= limit_) {
    stalled_.store(true, std::memory_order_release);
    return errc::would_block;
  }
  if (waiting == 0) return hand_over(m);  // the last one left just now
  queue_.push_back(std::move(m));
  waiting_.store(waiting + 1, std::memory_order_release);
  return errc::ok;
}

errc outlet::hand_over(msg_ptr& m) {
  nng_aio_set_msg(direct_, m.get());
  nng_send_aio(socket_, direct_);
  nng_aio_wait(direct_);
  const int result = nng_aio_result(direct_);
  if (result == 0) (void)m.release();
  if (result == 0) return errc::ok;
  return result == NNG_ETIMEDOUT ? errc::would_block : errc::closed;
}

void outlet::feed(msg_ptr m) {
  nng_aio_set_msg(feeder_, m.release());
  nng_send_aio(socket_, feeder_);
}

void outlet::fed(void* self) noexcept {
  auto& out = *static_cast<outlet*>(self);
  const bool ended = nng_aio_result(out.feeder_) != 0;
  if (ended) {
    const msg_ptr unsent(nng_aio_get_msg(out.feeder_));
    nng_aio_set_msg(out.feeder_, nullptr);
    return;
  }
  if (out.feed_next()) out.changed_.notify();
}

// True if a stalled sender may go on.
bool outlet::feed_next() {
  msg_ptr next;
  bool relieved = false;
  {
    const std::lock_guard guard(mutex_);
    if (!queue_.empty()) {
      next = std::move(queue_.front());
      queue_.pop_front();
    }
    const std::size_t left = waiting_.load(std::memory_order_relaxed) - 1;
    waiting_.store(left, std::memory_order_release);
    relieved = left <= limit_ / 2 && stalled_.exchange(false, std::memory_order_acq_rel);
  }
  if (next) feed(std::move(next));
  return relieved;
}

void outlet::stop() noexcept {
  nng_aio_stop(feeder_);
  const std::lock_guard guard(mutex_);
  queue_.clear();
}

}  // namespace wye::nng
