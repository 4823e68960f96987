#include <wye/detail/turn_keeper.hpp>

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace wye::detail {
namespace {

long membarrier(int command) noexcept { return ::syscall(__NR_membarrier, command, 0, 0); }

}  // namespace

const bool turn_keeper::fence_needed = membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) != 0;

turn_keeper::visitor& turn_keeper::record_of(const void* thread) {
  for (visitor& v : visitors_)
    if (v.thread == thread) return v;
  visitor& added = visitors_.emplace_back();
  added.thread = thread;
  return added;
}

bool turn_keeper::claim(visitor& mine, visitor* before) noexcept {
  owner_.store(&mine, std::memory_order_seq_cst);
  order_all_threads();
  if (before == nullptr || before == &mine || !before->inside.load(std::memory_order_acquire)) return true;
  owner_.store(before, std::memory_order_release);
  return false;
}

turn_keeper::visitor* turn_keeper::take_over() noexcept {
  const std::lock_guard lock(takers_);
  visitor& mine = record_of(this_thread());
  if (!claim(mine, owner_.load(std::memory_order_relaxed))) return nullptr;
  mine.inside.store(true, std::memory_order_relaxed);
  return &mine;
}

void turn_keeper::order_all_threads() noexcept {
  if (fence_needed) std::atomic_thread_fence(std::memory_order_seq_cst);
  else membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
}

}  // namespace wye::detail
