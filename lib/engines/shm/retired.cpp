#include "retired.hpp"

namespace wye::shm {

void retired::add(std::shared_ptr<joint> with, std::vector<pinned> what) {
  {
    const std::lock_guard lock(mutex_);
    batches_.push_back({std::move(with), std::move(what)});
  }
  look();
}

void retired::look() {
  const std::lock_guard lock(mutex_);
  std::erase_if(batches_, [this](batch& b) {
    const bool dead = !b.with->other_end_lives();
    std::erase_if(b.what, [&](const pinned& p) {
      if (!dead && b.with->their_half().released[p.slot].load(std::memory_order_acquire) != p.use) return false;
      arena_->release(p.what);
      return true;
    });
    return b.what.empty();
  });
}

}  // namespace wye::shm
