// Whoever speaks no protocol of ours at a bound endpoint is turned away and reported, and good peers are served.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "support/marry.hpp"

namespace wye::test {

namespace {

// A plain connection to a bound endpoint.
class stranger {
 public:
  explicit stranger(const endpoint& at)
      : fd_(at.transport == "ipc" || at.transport == "shm" ? open_unix(at) : open_tcp(at.port)) {
    REQUIRE(fd_ >= 0);
  }
  stranger(const stranger&) = delete;
  stranger& operator=(const stranger&) = delete;
  ~stranger() { ::close(fd_); }

  void say(std::string_view bytes) const { (void)::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  // Reads until the other side hangs up.
  void wait_for_hang_up() const {
    char bytes[256];
    while (::recv(fd_, bytes, sizeof bytes, 0) > 0) {
    }
  }

 private:
  template <class Address>
  static int connected(int family, const Address& address, int kind = SOCK_STREAM) {
    const int fd = ::socket(family, kind | SOCK_CLOEXEC, 0);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
    ::close(fd);
    return -1;
  }
  static int open_tcp(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return connected(AF_INET, address);
  }
  static int open_unix(const endpoint& at) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::copy(at.path.begin(), at.path.end(), address.sun_path);
    return connected(AF_UNIX, address, at.transport == "shm" ? SOCK_SEQPACKET : SOCK_STREAM);
  }

  int fd_;
};

}  // namespace

TEST_CASE("garbage on a port is turned away and reported, and good peers are served") {
  if (on("inproc")) SKIP("inproc has no strangers");
  context ctx;
  socket in(ctx, role::pull, any_endpoint(), {});
  socket good(ctx, role::push, {}, in.bound().front());
  marry(in, good);
  const stranger rude(in.bound().front());
  rude.say("GET / HTTP/1.1\r\nHost: x\r\n\r\n" + std::string(200, '!'));
  if (!on("ws")) rude.wait_for_hang_up();  // an HTTP server waits for more
  if (!on("ws")) CHECK_FALSE(next(in, socket_event::kind::peer_rejected).detail.empty());
  give(good, "undisturbed");
  CHECK(take(in).text() == "undisturbed");
  CHECK(in.peer_count() == 1);
}

TEST_CASE("old versions of ZMTP, and what only looks like one, are turned away, and nothing of theirs is delivered") {
  if (!on_engine("zmq") || on("inproc")) SKIP("for ZeroMQ on tcp and ipc only");
  using namespace std::string_literals;
  const std::string hello = "\x06\0hello"s;
  // In ZMTP 1.0 the 'G' is the length of a first frame, 71, and then comes a message.
  const std::string http = "GET / HTTP/1.1\r\nHost: x\r\nAccept: " + std::string(37, '*') + "\r\n";
  REQUIRE(http.size() == 72);
  const std::string version_1 = "\x01\0"s, version_2 = "\xff\0\0\0\0\0\0\0\x01\x7f\x01\x08\0\0"s;
  context ctx;
  socket in(ctx, role::pull, any_endpoint(), {});
  for (const std::string& greeting : {http, version_1, version_2}) {
    const stranger old(in.bound().front());
    old.say(greeting + hello);
    old.wait_for_hang_up();
    CHECK_FALSE(next(in, socket_event::kind::peer_rejected).detail.empty());
  }
  socket good(ctx, role::push, {}, in.bound().front());
  give(good, "undisturbed");
  CHECK(take(in).text() == "undisturbed");
}

TEST_CASE("a stranger who is turned away while a good peer comes does not take its place") {
  if (!on_engine("zmq") || on("inproc")) SKIP("for ZeroMQ on tcp and ipc only");
  context ctx;
  socket in(ctx, role::pull, any_endpoint(), {}, {.handshake_timeout = std::chrono::seconds(1)});
  const stranger slow(in.bound().front());
  socket good(ctx, role::push, {}, in.bound().front());
  marry(in, good);
  slow.say("GET / HTTP/1.1\r\n");
  slow.wait_for_hang_up();
  const deadline until(patience);
  for (bool told = false; !told;) {
    const auto event = in.next_event(until);
    REQUIRE(event.has_value());
    told = event->what != socket_event::kind::peer_up;
  }
  CHECK(in.wait_for_peers(1, patience).code() == errc::ok);
  CHECK(in.peer_count() == 1);
}

TEST_CASE("a peer that hangs up in its handshake leaves nothing behind") {
  if (on("inproc")) SKIP("inproc has no strangers");
  context ctx;
  socket in(ctx, role::pull, any_endpoint(), {});
  for (int i = 0; i < 20; ++i) {
    const stranger hasty(in.bound().front());
    hasty.say(std::string_view("\xff\0\0\0\0\0\0\0\1\x7f\3", static_cast<std::size_t>(i % 12)));
  }
  socket good(ctx, role::push, {}, in.bound().front());
  give(good, "undisturbed");
  CHECK(take(in).text() == "undisturbed");
  CHECK(in.wait_for_peers(1, patience).code() == errc::ok);  // the message may come before the news of its sender
  CHECK(in.peer_count() == 1);
}

}  // namespace wye::test
