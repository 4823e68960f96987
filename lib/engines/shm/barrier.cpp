#include "barrier.hpp"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace wye::shm {
namespace {

long membarrier(int command) noexcept { return ::syscall(__NR_membarrier, command, 0, 0); }

}  // namespace

bool barrier::registered() noexcept {
  static const bool done = membarrier(MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED) == 0;
  return done;
}

void barrier::everywhere() noexcept {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (registered()) membarrier(MEMBARRIER_CMD_GLOBAL_EXPEDITED);
}

}  // namespace wye::shm
