#include "stream.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace wye::bench {
namespace {

int check(int rc, const char* what) {
  if (rc < 0) throw std::system_error(errno, std::generic_category(), what);
  return rc;
}

union address {
  sockaddr any;
  sockaddr_in tcp;
  sockaddr_un ipc;
};

socklen_t parse(const std::string& text, address& into) {
  into = {};
  if (text.starts_with("ipc://")) {
    into.ipc.sun_family = AF_UNIX;
    if (text.copy(into.ipc.sun_path, sizeof into.ipc.sun_path - 1, 6) != text.size() - 6)
      throw std::runtime_error("a path too long: " + text);
    return sizeof into.ipc;
  }
  const std::size_t colon = text.rfind(':');
  if (!text.starts_with("tcp://")) throw std::runtime_error("streams are tcp or ipc, not " + text);
  into.tcp.sin_family = AF_INET;
  into.tcp.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  into.tcp.sin_port = htons(static_cast<std::uint16_t>(std::stoul(text.substr(colon + 1))));
  return sizeof into.tcp;
}

int open(const address& at) { return check(::socket(at.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"); }

// Without it, a small message waits for the answer to the one before.
void send_at_once(int fd) {
  const int on = 1;
  (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

constexpr std::size_t room = 65536;

}  // namespace

stream_listener::stream_listener(const std::string& at) : endpoint_(at) {
  address a;
  socklen_t size = parse(at, a);
  fd_ = open(a);
  check(::bind(fd_, &a.any, size), "bind");
  check(::listen(fd_, 1), "listen");
  if (a.any.sa_family != AF_INET) return;
  check(::getsockname(fd_, &a.any, &size), "getsockname");
  endpoint_ = "tcp://127.0.0.1:" + std::to_string(ntohs(a.tcp.sin_port));
}

stream_listener::~stream_listener() { ::close(fd_); }

int stream_listener::accept() const {
  const int fd = check(::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC), "accept");
  send_at_once(fd);
  return fd;
}

stream::stream(const std::string& to) {
  address a;
  const socklen_t size = parse(to, a);
  fd_ = open(a);
  check(::connect(fd_, &a.any, size), "connect");
  send_at_once(fd_);
}

stream::~stream() { ::close(fd_); }

void stream::put(bytes body) {
  const auto size = static_cast<std::uint32_t>(body.size());
  const auto length = std::as_bytes(std::span(&size, 1));
  out_.insert(out_.end(), length.begin(), length.end());
  out_.insert(out_.end(), body.begin(), body.end());
}

void stream::flush() {
  for (std::size_t done = 0; done < out_.size();)
    done += static_cast<std::size_t>(
        check(static_cast<int>(::send(fd_, out_.data() + done, out_.size() - done, MSG_NOSIGNAL)), "send"));
  out_.clear();
}

bytes stream::next() {
  std::uint32_t size = 0;
  fill(sizeof size);
  std::memcpy(&size, in_.data() + begin_, sizeof size);
  begin_ += sizeof size;
  fill(size);
  const bytes body(in_.data() + begin_, size);
  begin_ += size;
  return body;
}

// Reads until `need` bytes are there, in one piece; more if they have come.
void stream::fill(std::size_t need) {
  if (end_ - begin_ >= need) return;
  std::memmove(in_.data(), in_.data() + begin_, end_ - begin_);
  end_ -= std::exchange(begin_, 0);
  in_.resize(std::max({in_.size(), need, room}));
  while (end_ < need) {
    const auto got = check(static_cast<int>(::recv(fd_, in_.data() + end_, in_.size() - end_, 0)), "recv");
    if (got == 0) throw std::runtime_error("the other half closed its stream");
    end_ += static_cast<std::size_t>(got);
  }
}

}  // namespace wye::bench
