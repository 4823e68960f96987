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

  /// A new nap. Afterwards look once more, then sleep; not `surely`: for a moment only.
  void lie_down(bool surely) noexcept {
    nap_ += (nap_ & 1U) == 0 ? 1 : 2;
    station_->sleep().nap.store(nap_, std::memory_order_relaxed);
    surely ? barrier::everywhere() : barrier::nearly_everywhere();
  }
  void get_up() noexcept {
    if ((nap_ & 1U) != 0) station_->sleep().nap.store(++nap_, std::memory_order_relaxed);
  }

 private:
  std::shared_ptr<arena> station_;
  std::uint32_t nap_ = 0;
};

}  // namespace wye::shm
