// signal: how whoever works beside the socket's user tells that something changed.
#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include <wye/clock.hpp>
#include <wye/detail/turn_keeper.hpp>
#include <wye/wake_event.hpp>

namespace wye::links {

/// A condition variable, because waking a sleeper by it is cheaper than by a descriptor, and an eventfd that is kept
/// only from the first time that somebody asked for it. Where other processes wake us by that eventfd, the sleeper
/// waits for it alone.
class signal {
 public:
  /// Something changed: call it after the change. Any thread.
  void notify() noexcept {
    // Either we see that somebody waits, or he the change. It costs him a call of the system, and us nothing, who come
    // here with each message: a locked instruction would wait for every line that we take from the other processor.
    detail::turn_keeper::order_with_takers();
    if (waiting_.load(std::memory_order_relaxed)) rouse();
    set_fd();
  }

  /// Makes a current or the next wait return. Any thread.
  void wake() noexcept;

  /// From now on wait() sleeps on the descriptor, which others may set, too. Throws error{limit}.
  void sleep_on_fd();

  /// wait() looks for up to `most` before it sleeps; less while that does not help. `gives_way`: others have their turn
  /// meanwhile, for whoever is one of many that wait for the same.
  void spin(duration most, bool gives_way) noexcept {
    spins_ = true;
    spin_ = spin_most_ = most;
    gives_way_ = gives_way;
  }

  /// How many messages went in a row since the last wait(). Its caller's thread.
  void went(std::size_t messages) noexcept {
    if (!std::exchange(gave_way_, false)) return;
    constexpr unsigned least = 64, most = 1U << 16;
    abstain_most_ = messages > 1 ? 0 : std::clamp(2 * abstain_most_, least, most);
    abstain_ = abstain_most_;
  }

  /// Blocks until `holds()`, `until` or wake(). `holds` may take other locks, and must not notify. `arm(surely)` is
  /// called when looking did not help, before the last look and each sleep: who wakes us does so once. Not `surely`: a
  /// wake-up that is missed costs a moment's sleep, no more; where that was slept through, it is called again, surely.
  template <class Condition, class Arm>
  void wait(time_point until, Condition holds, Arm arm) {
    if (until != time_point::min() && comes_soon(holds)) return;
    waiting_.store(true, std::memory_order_relaxed);
    detail::turn_keeper::order_all_threads();
    std::unique_lock lock(mutex_);
    bool surely = false;
    do arm(surely);
    while (!woken_ && !holds() && sleep(lock, until, surely));
    waiting_.store(false, std::memory_order_relaxed);
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

  // Of many that wait for one sender, each would have to be woken for each message, by a sender that waits for this
  // very processor. Giving way brings several messages, none of which had to wake us. Where it brought only one, it was
  // somebody else's turn, and we were late: then we abstain from it for a while.
  // After a vain attempt the next one is half as long, after a good one twice as long again.
  template <class Condition>
  bool comes_while_spinning(Condition& holds) {
    if (spin_most_ == duration::zero()) return holds();
    const time_point start = clock::now();
    int turns = gives_way_ && abstain_ == 0 ? 8 : 0;  // for others
    if (abstain_ != 0) --abstain_;
    do {
      if (holds_while_relaxing(holds)) return spin_ = std::min(spin_most_, 2 * spin_), true;
      if (turns != 0) --turns, gave_way_ = true, std::this_thread::yield();
    } while (turns != 0 || clock::now() - start < spin_);
    spin_ = std::max(spin_ / 2, spin_most_ / 64);
    return holds();
  }
  template <class Condition>
  static bool holds_while_relaxing(Condition& holds) {
    constexpr int looks_between_clocks = 32;
    for (int i = 0; i < looks_between_clocks; ++i) {
      if (holds()) return true;
      relax();
    }
    return false;
  }
  static void relax() noexcept {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#else
    std::atomic_signal_fence(std::memory_order_seq_cst);
#endif
  }

  void rouse() noexcept;
  bool sleep(std::unique_lock<std::mutex>& lock, time_point until, bool& surely);
  bool sleep_on_condition(std::unique_lock<std::mutex>& lock, time_point until);

  std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = false;
  bool on_fd_ = false;
  bool spins_ = false;
  duration spin_{}, spin_most_{};
  bool gives_way_ = false;
  bool gave_way_ = false;                    // since went()
  unsigned abstain_ = 0, abstain_most_ = 0;  // so many waits without giving way
  std::atomic<bool> waiting_{false};
  std::atomic<bool> armed_{false};
  std::atomic<bool> set_{false};
  std::unique_ptr<wake_event> event_;
};

}  // namespace wye::links
