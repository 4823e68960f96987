#include "signals.hpp"

#include <poll.h>
#include <sys/signalfd.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include <wye/error.hpp>

namespace wye::cli {
namespace {

constexpr auto one_signal = std::chrono::milliseconds(200);

sigset_t ours() {
  sigset_t set;
  sigemptyset(&set);
  for (const int s : {SIGINT, SIGTERM, SIGUSR1}) sigaddset(&set, s);
  return set;
}

int open_signal_fd() {
  const sigset_t set = ours();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  const int fd = ::signalfd(-1, &set, SFD_CLOEXEC);
  if (fd < 0) throw error(errc::limit, "no file descriptor left for signals; raise `ulimit -n`");
  return fd;
}

}  // namespace

signals::signals() : second_([] { ::_exit(EX_TEMPFAIL); }), fd_(open_signal_fd()), thread_([this] { run(); }) {}

signals::~signals() {
  ending_.set();
  thread_.join();
  ::close(fd_);
}

void signals::on_second(std::function<void()> what) {
  const std::lock_guard lock(mutex_);
  second_ = std::move(what);
}

void signals::on_report(std::function<void()> what) {
  const std::lock_guard lock(mutex_);
  report_ = std::move(what);
}

void signals::run() {
  std::vector<pollfd> fds{{fd_, POLLIN, 0}, {ending_.fd(), POLLIN, 0}};
  for (;;) {
    poll_until(fds, deadline::never());
    if (fds[1].revents != 0) return;
    signalfd_siginfo info{};
    if (::read(fd_, &info, sizeof info) == sizeof info) take(static_cast<int>(info.ssi_signo));
  }
}

void signals::take(int signal) {
  if (signal != SIGUSR1) {
    const auto now = clock::now();
    first_at_ = std::min(first_at_, now);
    if (source_.request_stop()) return stopped_.set();
    if (now - first_at_ < one_signal) return;
  }
  const std::lock_guard lock(mutex_);
  const auto& what = signal == SIGUSR1 ? report_ : second_;
  if (what) what();
}

}  // namespace wye::cli
