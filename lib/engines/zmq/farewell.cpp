#include "farewell.hpp"

#include <fcntl.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <thread>

namespace wye::zmq_engine {
namespace {

bool is_connected_socket(int fd) {
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  return ::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) == 0;
}

void discard_input(int fd) {
  std::array<char, 4096> bytes{};
  while (::recv(fd, bytes.data(), bytes.size(), MSG_DONTWAIT) > 0) {
  }
}

}  // namespace

farewell::farewell(const std::vector<int>& connections) {
  for (const int fd : connections) {
    const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (copy < 0) continue;
    if (is_connected_socket(copy)) held_.push_back(copy);
    else ::close(copy);
  }
}

farewell::~farewell() {
  for (const int fd : held_) ::close(fd);
}

bool farewell::outstanding(int fd) {
  discard_input(fd);
  int bytes = 0;
  return is_connected_socket(fd) && ::ioctl(fd, SIOCOUTQ, &bytes) == 0 && bytes > 0;
}

bool farewell::wait(deadline until) {
  constexpr auto pause = std::chrono::microseconds(500);  // the kernel has no event for "all acknowledged"
  while (std::any_of(held_.begin(), held_.end(), outstanding)) {
    if (until.passed()) return false;
    std::this_thread::sleep_for(pause);
  }
  return true;
}

}  // namespace wye::zmq_engine
