#include "address.hpp"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>

#include <cctype>
#include <memory>

#include <wye/error.hpp>

namespace wye::nng {
namespace {

struct free_list {
  void operator()(ifaddrs* list) const noexcept { ::freeifaddrs(list); }
};

std::string numeric_text(const sockaddr& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.sa_family == AF_INET)
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, text, sizeof text);
  else ::inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr, text, sizeof text);
  return text;
}

// The first IPv4 address of the interface called `name`, else its first IPv6 address; `name` itself if there is none.
std::string resolve_interface(const std::string& name) {
  if (::if_nametoindex(name.c_str()) == 0) return name;
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return name;
  const std::unique_ptr<ifaddrs, free_list> owned(list);
  for (const int family : {AF_INET, AF_INET6})
    for (const ifaddrs* i = list; i != nullptr; i = i->ifa_next)
      if (i->ifa_addr != nullptr && i->ifa_addr->sa_family == family && name == i->ifa_name)
        return numeric_text(*i->ifa_addr);
  return name;
}

// NNG takes an abstract name as a URI component.
std::string percent_encoded(std::string_view name) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || std::string_view("-._~/").find(c) != std::string_view::npos) out += c;
    else (out += '%', out += digits[byte >> 4U], out += digits[byte & 0xfU]);
  }
  return out;
}

std::string host_port(std::string_view transport, const std::string& host, std::uint16_t port) {
  const bool ipv6 = host.find(':') != std::string::npos;
  return "nng+" + std::string(transport) + "://" + (ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

struct meaning {
  errc code;
  const char* cause;
  const char* remedy;
};

meaning meaning_of(int code, const endpoint& e) {
  const bool file = e.transport == "ipc";
  switch (code) {
    case NNG_EADDRINUSE:
      return {errc::address_in_use, file ? "a live process listens there" : "somebody else listens there",
              file ? "stop it, or choose another path"
                   : "choose another port or name, or stop the other one; port 0 takes any free one"};
    case NNG_ENOENT:
      return {errc::address_unavailable, file ? "the directory does not exist" : "no such host or address",
              file ? "create it first" : "check the spelling, or use * for all interfaces"};
    case NNG_EADDRINVAL:
      return {errc::address_unavailable, "no such host, address or interface on this machine",
              "check the spelling, or use * for all interfaces"};
    case NNG_EPERM:
      return {errc::permission, "the operating system does not allow it",
              file ? "check the owner and mode of the directory" : "ports below 1024 need privileges"};
    case NNG_ENOFILES:
      return {errc::limit, "the process is out of file descriptors", "close some, or raise `ulimit -n`"};
    case NNG_ENOMEM: return {errc::limit, "out of memory", "use fewer or smaller queues"};
    case NNG_ENOTSUP: return {errc::not_supported, "NNG does not know this transport", "see the feature matrix"};
    case NNG_EINVAL: return {errc::bad_endpoint, "NNG does not understand this address", "check the spelling"};
    case NNG_ECLOSED: return {errc::closed, "the socket is closed", "open another one"};
    default: return {errc::address_unavailable, nullptr, "check the address and that the machine can reach it"};
  }
}

}  // namespace

std::string url_of(const endpoint& e) {
  if (e.transport == "ipc" && e.path.starts_with('@')) return "abstract://" + percent_encoded(e.path.substr(1));
  if (e.host.empty() || e.host == "*") return e.address();
  endpoint resolved = e;
  resolved.host = resolve_interface(e.host);
  return resolved.address();
}

std::string text_of(const nng_sockaddr& address, const endpoint& fallback) {
  char text[INET6_ADDRSTRLEN] = "";
  const std::string_view transport = fallback.transport.empty() ? "tcp" : std::string_view(fallback.transport);
  switch (address.s_family) {
    case NNG_AF_INET:
      ::inet_ntop(AF_INET, &address.s_in.sa_addr, text, sizeof text);
      return host_port(transport, text, ntohs(address.s_in.sa_port));
    case NNG_AF_INET6:
      ::inet_ntop(AF_INET6, address.s_in6.sa_addr, text, sizeof text);
      return host_port(transport, text, ntohs(address.s_in6.sa_port));
    default: return fallback.str();
  }
}

std::uint16_t port_of(const nng_sockaddr& address) noexcept {
  if (address.s_family == NNG_AF_INET) return ntohs(address.s_in.sa_port);
  return address.s_family == NNG_AF_INET6 ? ntohs(address.s_in6.sa_port) : std::uint16_t{0};
}

void fail(const char* verb, const endpoint& e, int code) {
  const meaning m = meaning_of(code, e);
  throw error(m.code, std::string(verb) + " '" + e.str() + "': " + (m.cause != nullptr ? m.cause : nng_strerror(code)) +
                          "; " + m.remedy);
}

bool is_limit(int code) noexcept { return code == NNG_ENOFILES || code == NNG_ENOMEM; }

}  // namespace wye::nng
