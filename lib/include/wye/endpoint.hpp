// endpoint: where to bind or connect, and which engine does it.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include <wye/options.hpp>
#include <wye/result.hpp>

namespace wye {

/// A parsed endpoint. Grammar (docs/reference/endpoints.md):
///   [zmq+|nng+] tcp://HOST:PORT | ipc://PATH | ipc://@NAME | inproc://NAME, and nng+ws://HOST:PORT[/PATH]
///   shm://NAME | shm:///PATH
/// and behind it `?batch` or `?batch=BYTES` or `?batch=BYTES,DELAYus`.
/// HOST is a name, an IPv4 address, an IPv6 address in brackets, an interface name, or `*` for all (bind only).
/// PORT 0 or `*` asks for any free port (bind only). A value type.
struct endpoint {
  std::string engine;      ///< "zmq", "nng", "inproc" or "shm"
  std::string transport;   ///< "tcp", "ipc", "inproc", "ws" or "shm"
  std::string host;        ///< tcp, ws: without brackets; "*" for all
  std::uint16_t port = 0;  ///< tcp, ws: 0 for any
  std::string path;        ///< ipc: file path or "@name"; inproc: name; ws: "/path"; shm: name or file path
  batching batch = {};     ///< `?batch`: socket_options::batch of the socket that uses it first

  /// Parses `text`. Throws error{bad_endpoint} that says which part is wrong and what is expected.
  static endpoint parse(std::string_view text);
  /// The same without throwing.
  static result<endpoint> try_parse(std::string_view text);

  /// The canonical text: `parse(e.str()) == e`. ZeroMQ endpoints come without `zmq+` (but `zmq+inproc`).
  [[nodiscard]] std::string str() const;
  /// The text without the engine's prefix, as the engine itself wants it.
  [[nodiscard]] std::string address() const;

  friend bool operator==(const endpoint&, const endpoint&) = default;
};

/// Zero or more endpoints as text: `.bind = "tcp://*:5556"` or `.bind = {"tcp://*:0", "ipc:///run/x"}`.
class endpoints {
 public:
  endpoints() = default;
  endpoints(const char* one) : list_{one} {}             // NOLINT(google-explicit-constructor)
  endpoints(std::string one) : list_{std::move(one)} {}  // NOLINT(google-explicit-constructor)
  endpoints(const endpoint& one) : list_{one.str()} {}   // NOLINT(google-explicit-constructor)
  endpoints(std::initializer_list<std::string> many) : list_(many) {}
  endpoints(std::vector<std::string> many) : list_(std::move(many)) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] auto begin() const noexcept { return list_.begin(); }
  [[nodiscard]] auto end() const noexcept { return list_.end(); }
  [[nodiscard]] bool empty() const noexcept { return list_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return list_.size(); }

 private:
  std::vector<std::string> list_;
};

}  // namespace wye
