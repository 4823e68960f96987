#include "flusher.hpp"

#include <sys/prctl.h>

#include <algorithm>

#include <wye/detail/turn_keeper.hpp>

namespace wye::detail {
namespace {

constexpr unsigned quiet_looks = 20;  // then the owner must call again
constexpr unsigned most_futile = 8;   // a peer without room is tried again after up to 2^8 delays
constexpr auto longest_rest = std::chrono::milliseconds(10);

}  // namespace

flusher::~flusher() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  called_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void flusher::add(waiting_batch& what, duration delay, std::function<bool()> flush) {
  const std::lock_guard lock(mutex_);
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  entries_.push_back({&what, delay, std::move(flush)});
}

void flusher::remove(waiting_batch& what) noexcept {
  const std::lock_guard lock(mutex_);
  std::erase_if(entries_, [&](const entry& e) { return e.what == &what; });
}

void flusher::call(waiting_batch& what) noexcept {
  {
    const std::lock_guard lock(mutex_);
    what.watched.store(true, std::memory_order_relaxed);
  }
  called_.notify_one();
}

void flusher::run() {
  ::prctl(PR_SET_TIMERSLACK, 1UL);  // the usual 50 µs would double the delay
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const duration pause = look();
    if (pause == duration::zero()) {
      called_.wait(lock);
      continue;
    }
    lock.unlock();
    std::this_thread::sleep_for(pause);
    lock.lock();
  }
}

duration flusher::look() {
  const auto now = clock::now();
  duration pause = duration::zero();
  for (entry& e : entries_) {
    if (!e.what->watched.load(std::memory_order_relaxed)) continue;
    if (now >= e.next) look_at(e, now);
    pause = pause == duration::zero() ? e.delay : std::min(pause, e.delay);
  }
  return pause;
}

// Something waits, and it is what waited at the last look: its owner is busy elsewhere. An owner that has emptied its
// hands needs nobody to look after it, and says so when that changes; which it does not do while `watched`, so look
// once more after taking that back.
void flusher::look_at(entry& e, time_point now) {
  const std::uint64_t begun = e.what->begun.load(std::memory_order_relaxed);
  const bool waits = e.what->messages.load(std::memory_order_relaxed) != 0;
  e.quiet = waits ? 0 : e.quiet + 1;
  if (waits && begun == e.seen) {
    e.futile = e.flush() ? 0 : std::min(e.futile + 1, most_futile);
    if (e.futile > 0) e.next = now + std::min<duration>(e.delay * (1U << e.futile), longest_rest);
  }
  e.seen = begun;
  if (e.quiet < quiet_looks) return;
  e.quiet = 0;
  e.what->watched.store(false, std::memory_order_relaxed);
  turn_keeper::order_all_threads();
  if (e.what->messages.load(std::memory_order_relaxed) != 0) e.what->watched.store(true, std::memory_order_relaxed);
}

}  // namespace wye::detail
