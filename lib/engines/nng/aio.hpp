// aio: one asynchronous operation of NNG at a time, that keeps its owner alive until its end was told.
#pragma once

#include <nng/nng.h>

#include <memory>
#include <new>
#include <utility>

namespace wye::nng {

/// The owner's lock guards begin(); the callback comes on a thread of NNG. Freed in the background, so that the last
/// share of the owner may end in its own callback.
class aio {
 public:
  /// What it throws ends the process: it can only be a want of memory.
  using callback = void (*)(void* owner);
  /// Throws std::bad_alloc.
  aio(void* owner, callback done) : owner_(owner), done_(done) {
    if (nng_aio_alloc(&aio_, &aio::finished, this) != 0) throw std::bad_alloc();
  }
  aio(const aio&) = delete;
  aio& operator=(const aio&) = delete;
  ~aio() { nng_aio_reap(aio_); }

  /// Call it before the operation is started.
  void hold(std::shared_ptr<void> owner) noexcept { hold_ = std::move(owner); }
  [[nodiscard]] nng_aio* get() const noexcept { return aio_; }
  /// Makes an operation that has been started end soon. Harmless if there is none.
  void cancel() noexcept { nng_aio_cancel(aio_); }
  /// Cancels, waits for the end of the callback, and lets nothing be started afterwards. Not from a callback, and not
  /// while another thread may start something.
  void stop() noexcept { nng_aio_stop(aio_); }
  [[nodiscard]] int result() const noexcept { return nng_aio_result(aio_); }

 private:
  static void finished(void* self) noexcept {
    auto& a = *static_cast<aio*>(self);
    const auto keep = std::move(a.hold_);  // the owner, and so `a`, until the callback is over
    a.done_(a.owner_);
  }

  void* owner_;
  callback done_;
  nng_aio* aio_ = nullptr;
  std::shared_ptr<void> hold_;
};

struct free_stream {
  void operator()(nng_stream* s) const noexcept { nng_stream_free(s); }
};
using stream_ptr = std::unique_ptr<nng_stream, free_stream>;

}  // namespace wye::nng
