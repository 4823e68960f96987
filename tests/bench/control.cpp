#include "control.hpp"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <system_error>

namespace wye::bench {

std::pair<control, control> control::pair() {
  std::array<int, 2> fds{};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds.data()) != 0)
    throw std::system_error(errno, std::generic_category(), "socketpair");
  return {control(fds[0]), control(fds[1])};
}

void control::say(std::string_view line) {
  if (::send(fd_, line.data(), line.size(), MSG_NOSIGNAL) < 0)
    throw std::system_error(errno, std::generic_category(), "the other half is gone");
}

std::string control::hear() {
  std::array<char, 512> line{};
  ssize_t got = 0;
  while ((got = ::recv(fd_, line.data(), line.size(), 0)) < 0 && errno == EINTR) {
  }
  if (got <= 0) throw std::runtime_error("the other half is gone");
  return {line.data(), static_cast<std::size_t>(got)};
}

void control::wait_for_hang_up() noexcept {
  try {
    for (;;) hear();
  } catch (const std::exception&) {
    return;
  }
}

void control::part() {
  say("done");
  if (hear() != "done") throw std::runtime_error("the halves are out of step");
}

void control::hang_up() noexcept {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

child::child(const std::function<void()>& work) : pid_(fork()) {
  if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid_ != 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  guarded(work);
  std::_Exit(0);
}

child::~child() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

double child::join() {
  int status = 0;
  rusage used{};
  while (wait4(pid_, &status, 0, &used) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) throw std::runtime_error("the other half failed");
  return seconds_of(used);
}

double seconds_of(const rusage& used) {
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

void guarded(const std::function<void()>& work) noexcept {
  try {
    return work();
  } catch (const std::exception& e) {
    std::fprintf(stderr, "wye_bench: %s\n", e.what());
  }
  std::_Exit(1);
}

}  // namespace wye::bench
