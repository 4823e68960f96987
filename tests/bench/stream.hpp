// A stream of the system with messages on it: four bytes of length, then the body.
#pragma once

#include <string>
#include <vector>

#include "bench.hpp"

namespace wye::bench {

/// One listening socket, for one connection.
class stream_listener {
 public:
  /// tcp://127.0.0.1:0 or ipc://PATH. Throws std::system_error.
  explicit stream_listener(const std::string& at);
  stream_listener(const stream_listener&) = delete;
  stream_listener& operator=(const stream_listener&) = delete;
  ~stream_listener();
  /// Where to connect to.
  [[nodiscard]] const std::string& endpoint() const { return endpoint_; }
  [[nodiscard]] int accept() const;

 private:
  int fd_;
  std::string endpoint_;
};

class stream {
 public:
  explicit stream(int fd) : fd_(fd) {}
  explicit stream(const std::string& to);
  stream(const stream&) = delete;
  stream& operator=(const stream&) = delete;
  ~stream();

  /// Appends to what will be written.
  void put(bytes body);
  [[nodiscard]] std::size_t pending() const { return out_.size(); }
  void flush();
  void send(bytes body) { put(body), flush(); }

  /// Waits for a message, and calls `take` with its bytes.
  template <class Take>
  void recv(Take take) {
    take(next());
  }

 private:
  bytes next();
  void fill(std::size_t need);

  int fd_;
  std::vector<std::byte> out_;
  std::vector<std::byte> in_;
  std::size_t begin_ = 0, end_ = 0;  // what was read and not yet taken
};

}  // namespace wye::bench
