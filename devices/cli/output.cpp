#include "output.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "leave.hpp"

namespace wye::cli {
namespace {

void wait_for_room() {
  pollfd out{STDOUT_FILENO, POLLOUT, 0};
  ::poll(&out, 1, -1);
}

}  // namespace

void output::flush() {
  std::string_view rest = text_;
  while (!rest.empty()) {
    const auto written = ::write(STDOUT_FILENO, rest.data(), rest.size());
    if (written >= 0) rest.remove_prefix(static_cast<std::size_t>(written));
    else if (errno == EPIPE) throw leave(EX_OK, "");
    else if (errno == EAGAIN) wait_for_room();
    else if (errno != EINTR) throw leave(EX_IOERR, "cannot write to stdout: " + std::string(std::strerror(errno)));
  }
  text_.clear();
}

}  // namespace wye::cli
