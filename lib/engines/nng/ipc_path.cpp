#include "ipc_path.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include <wye/error.hpp>

namespace wye::nng {
namespace {

constexpr int patience_ms = 200;  // for a greeting that a live NNG listener sends at once

[[noreturn]] void refuse(const endpoint& at, const char* why) {
  throw error(errc::address_in_use, "bind '" + at.str() + "': " + why);
}

// True if somebody accepted the connection, or may have.
bool somebody_listens(const std::string& path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) throw error(errc::limit, "out of file descriptors; raise `ulimit -n`");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::copy(path.begin(), path.end(), address.sun_path);
  const bool connected = ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  const bool refused = !connected && errno == ECONNREFUSED;
  pollfd greeting{fd, POLLIN, 0};
  if (connected) ::poll(&greeting, 1, patience_ms);
  ::close(fd);
  return !refused;
}

}  // namespace

void refuse_taken_path(const endpoint& at) {
  struct stat found {};
  if (at.transport != "ipc" || at.path.starts_with('@') || ::stat(at.path.c_str(), &found) != 0) return;
  if (!S_ISSOCK(found.st_mode)) refuse(at, "the path exists and is not a socket; remove it or choose another path");
  if (somebody_listens(at.path)) refuse(at, "a live process listens on that path; stop it or choose another path");
}

}  // namespace wye::nng
