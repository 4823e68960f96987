// sleeper: how a socket's peers know that they must wake it.
#pragma once

#include <memory>

#include "arena.hpp"
#include "barrier.hpp"

namespace wye::shm {

/// For the socket's user.
class sleeper {
 public:
  explicit sleeper(std::shared_ptr<arena> station) : station_(std::move(station)) {}

  /// Afterwards look once more, then sleep.
  void lie_down() noexcept {
    if ((nap_ & 1U) != 0) return;
    station_->sleep().nap.store(++nap_, std::memory_order_relaxed);
    barrier::everywhere();
  }
  void get_up() noexcept {
    if ((nap_ & 1U) != 0) station_->sleep().nap.store(++nap_, std::memory_order_relaxed);
  }

 private:
  std::shared_ptr<arena> station_;
  std::uint32_t nap_ = 0;
};

}  // namespace wye::shm
