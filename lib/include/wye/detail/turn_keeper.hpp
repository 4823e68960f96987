// turn_keeper: who may be inside a socket. Detects use by two threads at once without a locked instruction.
#pragma once

#include <atomic>
#include <deque>
#include <mutex>
#include <utility>

namespace wye::detail {

/// A biased try-lock. The thread that was inside last enters again with a few plain memory accesses. Another thread
/// first takes the name plate, then calls membarrier(2), which makes "I am inside" of the one and "whose is it" of the
/// other visible in one order (asymmetric Dekker), and either takes over or finds the first one inside.
class turn_keeper {
 public:
  /// What one thread says of itself here.
  struct visitor {
    const void* thread = nullptr;
    std::atomic<bool> inside{false};
  };

  /// The caller's visitor if it is in now, or null if another thread is. Not reentrant.
  visitor* enter() noexcept {
    visitor* last = owner_.load(std::memory_order_acquire);
    if (last != nullptr && last->thread == this_thread()) {
      last->inside.store(true, std::memory_order_relaxed);
      order_with_takers();
      // A visit may have come and gone since the first look: what it did is to be seen.
      if (owner_.load(std::memory_order_acquire) == last) return last;
      last->inside.store(false, std::memory_order_release);
    }
    return take_over();
  }

  /// Calls `what` while nobody is inside, for a helper thread of the socket itself: who comes meanwhile waits instead
  /// of being turned away, so `what` must be short. False, and nothing called, if somebody is inside.
  template <class What>
  bool visit(What&& what) {
    const std::lock_guard lock(takers_);
    visitor* const before = owner_.load(std::memory_order_relaxed);
    if (before != nullptr && before->inside.load(std::memory_order_relaxed)) return false;  // the cheap answer
    if (!claim(visiting_, before)) return false;
    std::forward<What>(what)();
    owner_.store(before, std::memory_order_release);
    return true;
  }

  /// What other threads wrote before their order_with_takers() is seen after this. Costly here, free there.
  static void order_all_threads() noexcept;
  static void order_with_takers() noexcept {
    if (fence_needed) std::atomic_thread_fence(std::memory_order_seq_cst);
    else std::atomic_signal_fence(std::memory_order_seq_cst);
  }

  static void leave(visitor* v) noexcept { v->inside.store(false, std::memory_order_release); }

 private:
  static const void* this_thread() noexcept {
    static thread_local char mark;
    return &mark;
  }
  visitor* take_over() noexcept;
  visitor& record_of(const void* thread);
  // With takers_ held: takes the name plate from `before` for `mine`, unless that one is inside.
  bool claim(visitor& mine, visitor* before) noexcept;

  /// True where membarrier(2) is not to be had.
  static const bool fence_needed;

  std::atomic<visitor*> owner_{nullptr};
  std::mutex takers_;
  visitor visiting_;              // on the plate during visit()
  std::deque<visitor> visitors_;  // never shrinks: a thread may still look at its record
};

/// Being inside, for a scope. Converts to false if another thread is.
class inside {
 public:
  explicit inside(turn_keeper& turns) noexcept : visitor_(turns.enter()) {}
  inside(const inside&) = delete;
  inside& operator=(const inside&) = delete;
  ~inside() {
    if (visitor_ != nullptr) turn_keeper::leave(visitor_);
  }
  explicit operator bool() const noexcept { return visitor_ != nullptr; }

 private:
  turn_keeper::visitor* visitor_;
};

}  // namespace wye::detail
