// How the halves of a measurement are started and speak to each other, beside the sockets that are measured.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace wye::bench {

/// One end of a line between two threads or processes.
class control {
 public:
  static std::pair<control, control> pair();
  control(control&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  control(const control&) = delete;
  control& operator=(control&&) = delete;
  ~control() { hang_up(); }

  void say(std::string_view line);
  /// The next line. Throws if the other end is gone.
  std::string hear();
  /// Waits until the other end is gone.
  void wait_for_hang_up() noexcept;
  /// Returns when both ends have called it: nobody closes a socket before the other half has what it needs.
  void part();
  /// Gives this end up; a child process does it with the ends that are not its own.
  void hang_up() noexcept;

 private:
  explicit control(int fd) noexcept : fd_(fd) {}
  int fd_;
};

/// A process that runs `work` and dies with its parent.
class child {
 public:
  explicit child(const std::function<void()>& work);
  child(const child&) = delete;
  child& operator=(const child&) = delete;
  /// Kills it if join() was not called.
  ~child();
  /// Waits for its end; returns the seconds of processor time that it took. Throws if it failed or crashed.
  double join();

 private:
  pid_t pid_;
};

/// Seconds of processor time, the system's part included.
double seconds_of(const rusage& used);

/// Runs `work`; whatever it throws ends the process with a message: a half alone would wait for ever.
void guarded(const std::function<void()>& work) noexcept;

}  // namespace wye::bench
