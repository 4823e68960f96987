// reactor: the engine's thread: who connects, who leaves, and when to try again. No message passes through it.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include <wye/clock.hpp>
#include <wye/wake_event.hpp>

#include "descriptor.hpp"

namespace wye::shm {

class reactor {
 public:
  using task = std::function<void()>;
  using handler = std::function<void(std::uint32_t events)>;
  using timer = std::uint64_t;

  /// Throws error{limit}.
  reactor();
  reactor(const reactor&) = delete;
  reactor& operator=(const reactor&) = delete;
  /// Does what was posted before, then ends.
  ~reactor();

  /// Does it in the reactor's thread, soon. Any thread.
  void post(task what);
  /// The same, and waits until it is done. Any other thread. What it throws comes here.
  void call(const task& what);

  // Its own thread:
  void watch(int fd, std::uint32_t interest, handler what);
  /// Also from within the handler. Before the descriptor is closed.
  void forget(int fd);
  timer after(duration wait, task what);
  void cancel(timer which) { timers_.erase(which); }

 private:
  void run();
  void do_posted();
  void do_due();
  [[nodiscard]] int milliseconds_to_next() const;

  descriptor epoll_;
  wake_event wake_;
  std::mutex mutex_;
  std::vector<task> posted_;
  std::atomic<bool> stopping_{false};
  std::unordered_map<int, std::shared_ptr<handler>> handlers_;
  std::map<timer, std::pair<time_point, task>> timers_;
  timer last_timer_ = 0;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace wye::shm
