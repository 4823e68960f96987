#include "errors.hpp"

#include <sys/eventfd.h>
#include <unistd.h>
#include <zmq.h>

#include <cerrno>
#include <vector>

namespace wye::zmq_engine {

errc data_error(int number) noexcept {
  switch (number) {
    case EAGAIN:
    case EINTR: return errc::would_block;
    case EHOSTUNREACH: return errc::no_peer;
    case ETERM:
    case ENOTSOCK: return errc::closed;
    case EMSGSIZE: return errc::too_large;
    case ENOTSUP: return errc::not_supported;
    default: return errc::internal;
  }
}

namespace {

struct reason {
  errc code;
  std::string text;
};

reason explain(const endpoint& at, int number) {
  switch (number) {
    case EADDRINUSE:
      return {errc::address_in_use,
              at.transport == "ipc"
                  ? "a live process listens on that path; stop it or choose another path"
                  : "the address is taken; stop its owner (`ss -ltnp`), or use port 0 for a free one"};
    case EADDRNOTAVAIL:
    case ENODEV:
      return {errc::address_unavailable,
              "'" + at.host + "' is no address, interface or host name of this machine; use * for all interfaces"};
    case EACCES:
    case EPERM: return {errc::permission, "permission denied; check the directory's mode, or use a port above 1023"};
    case ENOENT:
    case ENOTDIR: return {errc::address_unavailable, "the directory of the path does not exist; create it first"};
    case EEXIST: return {errc::address_in_use, "the path exists and is not a socket; remove it or choose another path"};
    case ENAMETOOLONG: return {errc::bad_endpoint, "the path is too long for a Unix socket"};
    case EINVAL: return {errc::bad_endpoint, "the engine does not accept this address"};
    case EMFILE:
    case ENFILE: return {errc::limit, "out of file descriptors; raise `ulimit -n`"};
    case EMTHREAD: return {errc::limit, "no I/O thread is available"};
    default: return {errc::internal, zmq_strerror(number)};
  }
}

}  // namespace

void throw_endpoint_error(const char* action, const endpoint& at, int number) {
  const auto [code, text] = explain(at, number);
  throw error(code, std::string(action) + " '" + at.str() + "': " + text);
}

void require_descriptors(int count) {
  std::vector<int> taken;
  bool enough = true;
  for (int i = 0; i < count && enough; ++i) {
    const int fd = ::eventfd(0, EFD_CLOEXEC);
    enough = fd >= 0;
    if (enough) taken.push_back(fd);
  }
  for (const int fd : taken) ::close(fd);
  if (!enough)
    throw error(errc::limit, "fewer than " + std::to_string(count) +
                                 " file descriptors are left, too few to open a socket; raise `ulimit -n`");
}

}  // namespace wye::zmq_engine
