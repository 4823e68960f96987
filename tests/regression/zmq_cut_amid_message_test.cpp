// A dealer with several endpoints, or one that keeps no queue, was aborted by libzmq when a connection broke while it
// read the frames of a message: "Assertion failed: !_more (src/fq.cpp)".
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include <wye/socket.hpp>

#include "support/transport.hpp"

namespace wye::test {
namespace {

constexpr std::size_t frames = 200;  // so that whatever libzmq does now and then, it does amid a message
constexpr int cuts = 150;

std::string zmtp_hello() {
  const std::string greeting =
      "\xff" + std::string(8, '\0') + "\x7f\x03" + std::string(1, '\0') + "NULL" + std::string(48, '\0');
  const std::string ready = "\x05READY\x0bSocket-Type" + std::string("\0\0\0\x06", 4) + "ROUTER";
  return greeting + "\x04" + static_cast<char>(ready.size()) + ready;
}

std::string one_message() {
  std::string bytes;
  for (std::size_t i = 0; i < frames; ++i)
    bytes += {static_cast<char>(i + 1 < frames ? 1 : 0), '\1', static_cast<char>(i)};
  return bytes;
}

bool is_whole(const message& m) {
  for (std::size_t i = 0; i < m.size(); ++i)
    if (m[i].text() != std::string(1, static_cast<char>(i))) return false;
  return m.size() == frames;
}

/// A router that sends as fast as it can, and hangs up amid a message, again and again.
class cutter {
 public:
  cutter() : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&at), size) == 0);
    REQUIRE(::listen(listener_, 8) == 0);
    REQUIRE(::getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size) == 0);
    port_ = ntohs(at.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  cutter(const cutter&) = delete;
  cutter& operator=(const cutter&) = delete;
  ~cutter() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  [[nodiscard]] std::string at() const { return "tcp://127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] int cut() const { return cut_.load(); }

 private:
  void run() {
    const std::string hello = zmtp_hello(), whole = one_message();
    for (;;) {
      const int stream = ::accept(listener_, nullptr, nullptr);
      if (stream < 0) return;
      write_all(stream, hello);
      take_hello(stream);
      const int messages = 40 + 37 * (cut_ % 11);
      for (int i = 0; i < messages; ++i) write_all(stream, whole);
      write_all(stream, whole.substr(0, whole.size() / 2));
      ::close(stream);
      ++cut_;
    }
  }

  // The greeting, and then the command READY: who sends messages before it breaks the protocol.
  static void take_hello(int stream) {
    unsigned char bytes[256];
    constexpr std::size_t greeting_and_head = 66;
    if (::recv(stream, bytes, greeting_and_head, MSG_WAITALL) == greeting_and_head)
      (void)::recv(stream, bytes, bytes[greeting_and_head - 1], MSG_WAITALL);
  }

  static void write_all(int stream, std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t done = ::send(stream, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (done <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(done));
    }
  }

  const int listener_;
  int port_ = 0;
  std::atomic<int> cut_{0};
  std::thread thread_;
};

// Every message that comes is whole, however often the connections break.
void read_while_cut(socket& from, const std::vector<const cutter*>& peers) {
  const auto enough = [&] {
    int sum = 0;
    for (const cutter* c : peers) sum += c->cut();
    return sum >= cuts;
  };
  const deadline limit(patience);
  while (!enough()) {
    REQUIRE_FALSE(limit.passed());
    const auto got = from.recv(std::chrono::milliseconds(10));
    if (got) REQUIRE(is_whole(*got));
    else REQUIRE(got.code() == errc::timeout);
  }
}

constexpr auto at_once = std::chrono::milliseconds(1);

}  // namespace

TEST_CASE("a dealer with two endpoints lives on when its connections break amid messages") {
  context ctx;
  const cutter one, other;
  socket dealer(ctx, role::dealer, {}, {one.at(), other.at()}, {.reconnect_min = at_once, .reconnect_max = at_once});
  read_while_cut(dealer, {&one, &other});
}

TEST_CASE("a dealer that keeps no queue lives on when its connection breaks amid messages") {
  context ctx;
  const cutter one;
  socket dealer(ctx, role::dealer, {}, one.at(),
                {.reconnect_min = at_once, .reconnect_max = at_once, .keep_queue = false});
  read_while_cut(dealer, {&one});
}

}  // namespace wye::test
