#include "address.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

#include <wye/error.hpp>

namespace wye::shm {
namespace {

constexpr int backlog = 1024;

struct unix_address {
  sockaddr_un address{};
  socklen_t size = 0;
  [[nodiscard]] const sockaddr* get() const noexcept { return reinterpret_cast<const sockaddr*>(&address); }
};

bool is_path(const endpoint& e) noexcept { return e.path.starts_with('/'); }

// A name is one of the user's own: others can't take it by accident, nor meet it.
unix_address address_of(const endpoint& e) {
  unix_address a;
  a.address.sun_family = AF_UNIX;
  const std::string name = is_path(e) ? e.path : '\0' + ("wye-shm/" + std::to_string(::geteuid()) + "/" + e.path);
  std::copy(name.begin(), name.end(), a.address.sun_path);
  a.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size() + (is_path(e) ? 1 : 0));
  return a;
}

descriptor open_socket() noexcept {
  return descriptor(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

[[noreturn]] void fail(const endpoint& at, errc code, const std::string& why) {
  throw error(code, "bind '" + at.str() + "': " + why);
}

[[noreturn]] void fail(const endpoint& at, int code) {
  const std::string cause = std::strerror(code);
  switch (code) {
    case EADDRINUSE: fail(at, errc::address_in_use, "a live process listens there; stop it or choose another name");
    case ENOENT:
    case ENOTDIR: fail(at, errc::address_unavailable, "the directory does not exist; create it first");
    case EACCES:
    case EPERM:
    case EROFS: fail(at, errc::permission, cause + "; choose a directory that you may write to");
    case EMFILE:
    case ENFILE: fail(at, errc::limit, "out of file descriptors; raise `ulimit -n`");
    default: fail(at, errc::address_unavailable, cause);
  }
}

void clear_path(const endpoint& at) {
  struct stat found {};
  if (::lstat(at.path.c_str(), &found) != 0) return;
  if (!S_ISSOCK(found.st_mode))
    fail(at, errc::address_in_use, "the path exists and is not a socket; remove it or choose another path");
  if (connect_to(at) || errno != ECONNREFUSED)
    fail(at, errc::address_in_use, "a live process listens on that path; stop it or choose another path");
  ::unlink(at.path.c_str());
}

}  // namespace

descriptor listen_at(const endpoint& at) {
  descriptor s = open_socket();
  if (!s) fail(at, errno);
  if (is_path(at)) clear_path(at);
  const unix_address a = address_of(at);
  if (::bind(s.get(), a.get(), a.size) != 0 || ::listen(s.get(), backlog) != 0) fail(at, errno);
  return s;
}

// The socket's name is the path it was bound to, whatever stands there now; so compare with who answers.
void leave(const endpoint& at, int listener) noexcept {
  if (!is_path(at)) return;
  (void)::shutdown(listener, SHUT_RDWR);
  const descriptor somebody = connect_to(at);
  if (!somebody && errno == ECONNREFUSED) ::unlink(at.path.c_str());
}

descriptor connect_to(const endpoint& to) noexcept {
  descriptor s = open_socket();
  if (!s) return s;
  const unix_address a = address_of(to);
  if (::connect(s.get(), a.get(), a.size) == 0) return s;
  const int why = errno;
  s = descriptor();
  errno = why;
  return s;
}

bool is_welcome(const endpoint& at, int connection) noexcept {
  if (is_path(at)) return true;
  ucred who{};
  socklen_t size = sizeof who;
  if (::getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &who, &size) != 0) return false;
  return who.uid == ::geteuid() || who.uid == 0;
}

}  // namespace wye::shm
