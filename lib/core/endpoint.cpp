#include <wye/endpoint.hpp>

#include <sys/un.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace wye {
namespace {

constexpr std::size_t max_length = 1024;
constexpr std::size_t max_ipc_path = sizeof(sockaddr_un::sun_path) - 1;
constexpr std::string_view known =
    "tcp://, ipc:// (ZeroMQ), nng+tcp://, nng+ipc://, nng+inproc://, nng+ws:// (NNG), inproc:// (within the process), "
    "shm:// (shared memory)";

failure bad(std::string_view text, const std::string& why) {
  std::string shown(text.substr(0, 80));
  return {errc::bad_endpoint, "endpoint '" + shown + (text.size() > 80 ? "…" : "") + "': " + why};
}

bool printable(std::string_view s) {
  return std::all_of(s.begin(), s.end(), [](unsigned char c) { return c > ' ' && c != 0x7f; });
}

// Splits HOST:PORT at the last colon, brackets around an IPv6 host taken off.
struct host_port {
  std::string_view host, port;
  const char* fault = nullptr;
};

host_port split_authority(std::string_view authority) {
  if (authority.starts_with('[')) {
    const auto close = authority.find(']');
    if (close == std::string_view::npos) return {{}, {}, "the IPv6 address has no closing ']'"};
    const auto after = authority.substr(close + 1);
    if (!after.starts_with(':')) return {{}, {}, "the port is missing after ']'; write [ADDRESS]:PORT"};
    return {authority.substr(1, close - 1), after.substr(1)};
  }
  const auto colon = authority.rfind(':');
  if (colon == std::string_view::npos) return {{}, {}, "the port is missing; write HOST:PORT"};
  if (authority.find(':') != colon) return {{}, {}, "an IPv6 address needs brackets; write [ADDRESS]:PORT"};
  return {authority.substr(0, colon), authority.substr(colon + 1)};
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  if (text == "*") return std::uint16_t{0};
  std::uint16_t port = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (code != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return port;
}

bool host_characters(std::string_view host) {
  return std::all_of(host.begin(), host.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '.' || c == '-' || c == '_' || c == ':' || c == '%' || c == '*';
  });
}

// `text` as a number followed by `unit`, or zero.
std::uint32_t parse_number(std::string_view text, std::string_view unit) {
  std::uint32_t n = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), n);
  return code == std::errc{} && text.substr(static_cast<std::size_t>(end - text.data())) == unit ? n : 0;
}

// What stands behind the `?`: batch, batch=BYTES or batch=BYTES,DELAYus.
result<batching> parse_batch(std::string_view text, std::string_view wish) {
  batching b = batching::usual();
  if (wish == "batch") return b;
  const auto comma = wish.find(',');
  if (wish.starts_with("batch=")) b.max_bytes = parse_number(wish.substr(0, comma).substr(6), "");
  if (comma != std::string_view::npos)
    b.max_delay = std::chrono::microseconds(parse_number(wish.substr(comma + 1), "us"));
  if (wish.starts_with("batch=") && b.max_bytes > 0 && b.max_delay.count() > 0) return b;
  return bad(text, "after ? stands batch, batch=BYTES or batch=BYTES,DELAYus, such as ?batch=65536,50us");
}

result<endpoint> parse_tcp(endpoint e, std::string_view text, std::string_view authority) {
  const auto [host, port, fault] = split_authority(authority);
  if (fault != nullptr) return bad(text, fault);
  if (host.empty()) return bad(text, "the host is missing; use * for all interfaces, or a name or address");
  if (host.size() > 255) return bad(text, "the host is longer than 255 characters");
  if (!host_characters(host) || (host.find('*') != std::string_view::npos && host != "*"))
    return bad(text, "the host '" + std::string(host) + "' has a character that no host name or address has");
  const auto number = parse_port(port);
  if (!number) return bad(text, "the port '" + std::string(port) + "' is not a number from 0 to 65535 or *");
  e.host = host;
  e.port = *number;
  return e;
}

result<endpoint> parse_ws(endpoint e, std::string_view text, std::string_view rest) {
  const auto slash = rest.find('/');
  e.path = slash == std::string_view::npos ? "/" : std::string(rest.substr(slash));
  return parse_tcp(std::move(e), text, rest.substr(0, slash));
}

result<endpoint> parse_ipc(endpoint e, std::string_view text, std::string_view path) {
  if (path.empty() || path == "@") return bad(text, "the path is missing; write ipc:///run/name or ipc://@name");
  if (path.size() > max_ipc_path)
    return bad(text, "the path has " + std::to_string(path.size()) + " bytes; a Unix socket allows " +
                         std::to_string(max_ipc_path));
  e.path = path;
  return e;
}

result<endpoint> parse_inproc(endpoint e, std::string_view text, std::string_view name) {
  if (name.empty()) return bad(text, "the name is missing; write inproc://name");
  if (name.size() > 100) return bad(text, "the name is longer than 100 bytes");
  e.path = name;
  return e;
}

// A name becomes part of an abstract Unix address, behind the user's number.
constexpr std::size_t max_shm_name = 80;

result<endpoint> parse_shm(endpoint e, std::string_view text, std::string_view name) {
  const bool path = name.starts_with('/');
  const std::size_t most = path ? max_ipc_path : max_shm_name;
  if (name.empty()) return bad(text, "the name is missing; write shm://name or shm:///run/name");
  if (!path && name.find('/') != std::string_view::npos)
    return bad(text, "a name has no '/'; a path begins with one: shm:///run/name");
  if (name.size() > most)
    return bad(text, std::string("the ") + (path ? "path" : "name") + " has " + std::to_string(name.size()) +
                         " bytes; shared memory allows " + std::to_string(most));
  e.engine = "shm";
  e.path = name;
  return e;
}

}  // namespace

result<endpoint> endpoint::try_parse(std::string_view text) {
  if (text.size() > max_length) return bad(text, "longer than " + std::to_string(max_length) + " bytes");
  if (!printable(text)) return bad(text, "holds a space or a control character");
  const auto colon = text.find("://");
  if (colon == std::string_view::npos) return bad(text, "no scheme; expected one of " + std::string(known));
  std::string_view scheme = text.substr(0, colon);
  std::string_view rest = text.substr(colon + 3);

  endpoint e;
  if (const auto mark = rest.rfind("?batch"); mark != std::string_view::npos) {
    const auto batch = parse_batch(text, rest.substr(mark + 1));
    if (!batch) return batch.error();
    e.batch = *batch;
    rest = rest.substr(0, mark);
  }
  e.engine = scheme == "inproc" ? "inproc" : "zmq";
  if (const auto plus = scheme.find('+'); plus != std::string_view::npos) {
    e.engine = scheme.substr(0, plus);
    scheme.remove_prefix(plus + 1);
    if (e.engine != "zmq" && e.engine != "nng")
      return bad(text, "unknown engine '" + e.engine + "'; expected one of " + std::string(known));
  }
  e.transport = scheme;
  if (scheme == "shm" && scheme.size() == colon) return parse_shm(std::move(e), text, rest);
  if (scheme == "tcp") return parse_tcp(std::move(e), text, rest);
  if (scheme == "ipc") return parse_ipc(std::move(e), text, rest);
  if (scheme == "inproc") return parse_inproc(std::move(e), text, rest);
  if (scheme == "ws" && e.engine == "nng") return parse_ws(std::move(e), text, rest);
  if (scheme == "ws") return bad(text, "WebSocket is spoken by the NNG engine only; write nng+ws://");
  return bad(text, "unknown scheme '" + std::string(scheme) + "'; expected one of " + std::string(known));
}

endpoint endpoint::parse(std::string_view text) {
  auto parsed = try_parse(text);
  return std::move(parsed).value();
}

std::string endpoint::address() const {
  if (transport == "ipc" || transport == "inproc" || transport == "shm") return transport + "://" + path;
  const bool ipv6 = host.find(':') != std::string::npos;
  return transport + "://" + (ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port) +
         (transport == "ws" ? path : std::string());
}

std::string endpoint::str() const {
  const bool chosen = engine == "nng" || (engine == "zmq" && transport == "inproc");
  std::string plain = (chosen ? engine + "+" : "") + address();
  if (!batch) return plain;
  return plain + "?batch=" + std::to_string(batch.max_bytes) + "," + std::to_string(batch.max_delay.count()) + "us";
}

}  // namespace wye
