// signal: how whoever works beside the socket's user tells that something changed.
#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include <wye/clock.hpp>
#include <wye/wake_event.hpp>

namespace wye::links {

/// A condition variable, because waking a sleeper by it is cheaper than by a descriptor, and an eventfd that is kept
/// only from the first time that somebody asked for it. Where other processes wake us by that eventfd, the sleeper
/// waits for it alone.
class signal {
 public:
  /// Something changed: call it after the change. Any thread.
  void notify() noexcept {
    // Both sides modify one atomic, so one of them comes second: it sees the change, or that somebody waits.
    if (waiting_.fetch_or(0, std::memory_order_acq_rel) != 0) rouse();
    set_fd();
  }

  /// Makes a current or the next wait return. Any thread.
  void wake() noexcept;

  /// From now on wait() sleeps on the descriptor, which others may set, too. Throws error{limit}.
  void sleep_on_fd();

  /// wait() looks for up to `most` before it sleeps, without giving way; less while that does not help.
  void spin(duration most) noexcept { spins_ = true, spin_ = spin_most_ = most; }

  /// Blocks until `holds()`, `until` or wake(). `holds` may take other locks, and must not notify. `arm` is called when
  /// looking did not help, before the last look and the sleep.
  template <class Condition, class Arm>
  void wait(time_point until, Condition holds, Arm arm) {
    if (until != time_point::min() && comes_soon(holds)) return;
    std::unique_lock lock(mutex_);
    waiting_.fetch_or(1, std::memory_order_acq_rel);
    do arm();  // anew before each sleep: whoever woke us does so once
    while (!woken_ && !holds() && sleep(lock, until));
    waiting_.store(0, std::memory_order_relaxed);
    woken_ = false;
  }

  /// The descriptor, made at the first call; -1 if the process has none left.
  int fd() noexcept;
  /// Makes the descriptor unreadable until the next notify. Look again at what it stands for afterwards.
  void clear_fd() noexcept;
  /// Makes the descriptor readable, if anybody asked for one.
  void set_fd() noexcept;

 private:
  // Going to sleep and being woken costs about as much as this many looks. Under load the next message comes before
  // that; and giving way meanwhile lets the other side bring several.
  static constexpr int looks = 50;
  template <class Condition>
  bool comes_soon(Condition& holds) {
    if (spins_) return comes_while_spinning(holds);
    for (int i = 0; i < looks; ++i) {
      if (holds()) return true;
      std::this_thread::yield();
    }
    return false;
  }

  // After a vain attempt the next one is half as long, after a good one twice as long again.
  template <class Condition>
  bool comes_while_spinning(Condition& holds) {
    constexpr int looks_between_clocks = 32;
    for (const time_point start = clock::now(); spin_most_ > duration::zero();) {
      for (int i = 0; i < looks_between_clocks; ++i) {
        if (holds()) return spin_ = std::min(spin_most_, 2 * spin_), true;
        relax();
      }
      if (clock::now() - start >= spin_) break;
    }
    spin_ = std::max(spin_ / 2, spin_most_ / 64);
    return holds();
  }
  static void relax() noexcept {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#else
    std::atomic_signal_fence(std::memory_order_seq_cst);
#endif
  }

  void rouse() noexcept;
  bool sleep(std::unique_lock<std::mutex>& lock, time_point until);
  bool sleep_on_condition(std::unique_lock<std::mutex>& lock, time_point until);

  std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = false;
  bool on_fd_ = false;
  bool spins_ = false;
  duration spin_{}, spin_most_{};
  std::atomic<unsigned> waiting_{0};
  std::atomic<bool> armed_{false};
  std::atomic<bool> set_{false};
  std::unique_ptr<wake_event> event_;
};

}  // namespace wye::links
