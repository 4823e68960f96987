// signals: SIGINT and SIGTERM ask to stop, a second one ends at once; SIGUSR1 asks how it goes.
#pragma once

#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

#include <wye/clock.hpp>
#include <wye/wake_event.hpp>

namespace wye::cli {

/// Make it before any other thread, so that the signals are blocked in all of them; a thread of its own takes them.
/// SIGPIPE is ignored: a closed pipe shows as an error of write(2).
class signals {
 public:
  signals();
  signals(const signals&) = delete;
  signals& operator=(const signals&) = delete;
  ~signals();

  /// Triggered by the first SIGINT or SIGTERM.
  [[nodiscard]] std::stop_token token() const noexcept { return source_.get_token(); }
  /// Readable from then on: for poll(2).
  [[nodiscard]] int stop_fd() const noexcept { return stopped_.fd(); }

  /// What the second one calls, in the thread of the signals; by default it ends the process with status 75. What comes
  /// right after the first counts as the first: timeout(1) signals its child and then its child's group.
  void on_second(std::function<void()> what);
  /// What SIGUSR1 calls, in the thread of the signals; by default nothing.
  void on_report(std::function<void()> what);

 private:
  void run();
  void take(int signal);

  std::stop_source source_;
  wake_event stopped_;
  wake_event ending_;
  time_point first_at_ = time_point::max();
  std::mutex mutex_;
  std::function<void()> second_;
  std::function<void()> report_;
  int fd_;
  std::thread thread_;
};

}  // namespace wye::cli
