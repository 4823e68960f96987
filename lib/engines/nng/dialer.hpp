// dialer: an endpoint that we connect to, again and again.
#pragma once

#include <condition_variable>
#include <random>

#include "stream_place.hpp"

namespace wye::nng {

class dialer final : public stream_place {
 public:
  using stream_place::stream_place;
  void start() override;
  void stop() noexcept override;

 private:
  bool again_plainly() noexcept override;
  void connected() noexcept override;
  void failed() noexcept override { later(); }
  void ended() noexcept override { later(); }
  void dial();
  void later();
  void dialed();
  [[nodiscard]] nng_duration next_pause();

  nng_stream_dialer* dialer_ = nullptr;
  std::mutex mutex_;  // held while something is started, so that nothing is after stop()
  bool stopped_ = false;
  bool dialing_ = false;
  std::condition_variable dial_over_;
  std::chrono::milliseconds longest_{};  // of the next pause; doubles
  std::minstd_rand chance_{std::random_device{}()};
  bool pausing_ = false;  // the aio's own
  bool plainly_ = false;  // this time the dialled one is not told that we read batches
  aio aio_{this, [](void* d) { static_cast<dialer*>(d)->dialed(); }};
};

}  // namespace wye::nng
