// barrier: how a sleeper and whoever wakes it agree on what came first.
#pragma once

#include <atomic>

namespace wye::shm {

/// The sleeper says that it sleeps, then makes everybody pass a barrier, then looks once more; so whoever has published
/// something need not pass one of its own, which costs more than the message. Works between processes that registered
/// with the kernel (membarrier(2)); others use fences on both sides.
class barrier {
 public:
  /// True if this process is registered; done at the first call.
  static bool registered() noexcept;
  /// The sleeper's side.
  static void everywhere() noexcept;
  /// The other side. `silent`: both processes are registered.
  static void here(bool silent) noexcept {
    if (silent) std::atomic_signal_fence(std::memory_order_seq_cst);
    else std::atomic_thread_fence(std::memory_order_seq_cst);
  }
};

}  // namespace wye::shm
