#include "addresses.hpp"

#include <arpa/inet.h>
#include <net/if.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "errors.hpp"

namespace wye::zmq_engine {
namespace {

bool is_literal(const std::string& host) {
  in_addr v4{};
  return host == "*" || host.find(':') != std::string::npos || ::inet_pton(AF_INET, host.c_str(), &v4) == 1;
}

bool is_interface(const std::string& host) { return ::if_nametoindex(host.c_str()) != 0; }

using addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

addresses resolve(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) found = nullptr;
  return {found, &::freeaddrinfo};
}

const addrinfo* first_of(const addresses& all, int family) {
  for (const addrinfo* a = all.get(); a != nullptr; a = a->ai_next)
    if (a->ai_family == family) return a;
  return nullptr;
}

std::string numeric(const addrinfo& a) {
  char text[NI_MAXHOST] = {};
  ::getnameinfo(a.ai_addr, a.ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST);
  return text;
}

}  // namespace

bool wants_ipv6(const endpoint& e, bool for_bind) {
  if (e.transport != "tcp") return false;
  if (e.host.find(':') != std::string::npos) return true;
  if (e.host == "*") return for_bind;
  if (is_literal(e.host) || (for_bind && is_interface(e.host))) return false;
  const auto all = resolve(e.host);
  return first_of(all, AF_INET) == nullptr && first_of(all, AF_INET6) != nullptr;
}

std::string bind_address(const endpoint& at) {
  if (at.transport != "tcp" || is_literal(at.host) || is_interface(at.host)) return at.address();
  const auto all = resolve(at.host);
  const addrinfo* chosen = first_of(all, AF_INET);
  if (chosen == nullptr) chosen = first_of(all, AF_INET6);
  if (chosen == nullptr) throw_endpoint_error("bind", at, EADDRNOTAVAIL);
  endpoint resolved = at;
  resolved.host = numeric(*chosen);
  return resolved.address();
}

void refuse_live_path(const endpoint& at) {
  if (at.transport != "ipc" || at.path.starts_with('@')) return;
  struct stat found {};
  if (::stat(at.path.c_str(), &found) != 0) return;
  if (!S_ISSOCK(found.st_mode)) throw_endpoint_error("bind", at, EEXIST);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) throw_endpoint_error("bind", at, EMFILE);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::copy(at.path.begin(), at.path.end(), address.sun_path);
  const bool refused =
      ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 && errno == ECONNREFUSED;
  ::close(fd);
  if (!refused) throw_endpoint_error("bind", at, EADDRINUSE);
}

}  // namespace wye::zmq_engine
