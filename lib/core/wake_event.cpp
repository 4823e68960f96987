#include <wye/wake_event.hpp>

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <ctime>

#include <wye/error.hpp>

namespace wye {

wake_event::wake_event() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (fd_ < 0) throw error(errc::limit, "no file descriptor left for a wake-up event; raise `ulimit -n`");
}

wake_event::~wake_event() { ::close(fd_); }

void wake_event::set() noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(fd_, &one, sizeof one);  // a full counter is set, too
}

void wake_event::clear() noexcept {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto read = ::read(fd_, &count, sizeof count);
}

int poll_until(std::vector<pollfd>& fds, deadline until) noexcept {
  for (;;) {
    timespec limit{};
    const duration left = until.left();
    if (!until.is_never()) {
      const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
      limit.tv_sec = static_cast<time_t>(seconds.count());
      limit.tv_nsec = static_cast<long>(std::chrono::nanoseconds(left - seconds).count());
    }
    const int ready = ::ppoll(fds.data(), fds.size(), until.is_never() ? nullptr : &limit, nullptr);
    if (ready >= 0) return ready;
    if (errno != EINTR) return 0;
  }
}

}  // namespace wye
