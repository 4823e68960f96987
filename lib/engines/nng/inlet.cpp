#include "inlet.hpp"

#include <new>

namespace wye::nng {

inlet::inlet(nng_socket s, std::size_t limit, bool lossy, signal& changed, judge accept)
    : socket_(s), limit_(limit), lossy_(lossy), changed_(changed), accept_(std::move(accept)) {
  if (nng_aio_alloc(&aio_, received, this) != 0) throw std::bad_alloc();
}

inlet::~inlet() {
  stop();
  nng_aio_free(aio_);
}

void inlet::start() { nng_recv_aio(socket_, aio_); }

void inlet::stop() noexcept { nng_aio_stop(aio_); }

void inlet::received(void* self) noexcept {
  auto& in = *static_cast<inlet*>(self);
  const int result = nng_aio_result(in.aio_);
  if (result != 0 && result != NNG_ENOMEM) return;  // closed or stopped
  if (result == 0) {
    msg_ptr m(nng_aio_get_msg(in.aio_));
    nng_aio_set_msg(in.aio_, nullptr);
    if (!in.keep(std::move(m))) return;
  }
  nng_recv_aio(in.socket_, in.aio_);
}

// False if receiving pauses now: until a full inbox is taken over, or resume().
bool inlet::keep(msg_ptr m) {
  const bool kept = accept_(m.get()) && !discarding_.load(std::memory_order_relaxed);
  bool again = false;
  {
    const std::lock_guard guard(mutex_);
    if (kept && lossy_ && arriving_.size() >= limit_) dropped_.fetch_add(1, std::memory_order_relaxed);
    else if (kept) arriving_.push_back(std::move(m));
    waiting_.store(arriving_.size(), std::memory_order_release);
    again = may_receive();
    paused_ = !again;
  }
  if (kept) changed_.notify();
  return again;
}

bool inlet::may_receive() const noexcept { return !held_ && (lossy_ || arriving_.size() < limit_); }

void inlet::pause() {
  const std::lock_guard guard(mutex_);
  held_ = true;
}

void inlet::resume() {
  bool again = false;
  {
    const std::lock_guard guard(mutex_);
    held_ = false;
    again = may_receive() && std::exchange(paused_, false);
  }
  if (again) nng_recv_aio(socket_, aio_);
}

bool inlet::empty() const noexcept { return next_ == batch_.size() && waiting_.load(std::memory_order_acquire) == 0; }

msg_ptr inlet::take() {
  if (next_ == batch_.size() && !refill()) return nullptr;
  return std::move(batch_[next_++]);
}

bool inlet::refill() {
  if (waiting_.load(std::memory_order_acquire) == 0) return false;
  batch_.clear();
  next_ = 0;
  bool resume = false;
  {
    const std::lock_guard guard(mutex_);
    batch_.swap(arriving_);
    waiting_.store(0, std::memory_order_relaxed);
    resume = std::exchange(paused_, false);
  }
  if (resume) nng_recv_aio(socket_, aio_);
  return true;
}

}  // namespace wye::nng
