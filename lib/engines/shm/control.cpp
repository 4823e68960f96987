#include "control.hpp"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>

#include "layout.hpp"

namespace wye::shm {
namespace {

// What the largest max_message makes. A peer that asks for more wants our address space.
constexpr std::uint64_t most_station = page + (std::uint64_t{1} << 37);
constexpr std::uint32_t most_messages = 1'000'000;
constexpr std::size_t room_for_gifts = CMSG_SPACE(sizeof(int) * 8);

void keep(msghdr& from, std::vector<descriptor>& with) {
  for (cmsghdr* c = CMSG_FIRSTHDR(&from); c != nullptr; c = CMSG_NXTHDR(&from, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
      with.emplace_back(fd);
    }
  }
}

got outcome(ssize_t size) noexcept {
  if (size > 0) return got::packet;
  return size < 0 && (errno == EAGAIN || errno == EINTR) ? got::nothing : got::end;
}

}  // namespace

void hello::set_text(std::string_view text) noexcept {
  name_size = static_cast<std::uint32_t>(std::min<std::size_t>(text.size(), 255));
  std::copy_n(text.begin(), name_size, name.begin());
}

bool hello::sane() const noexcept {
  const std::uint64_t bodies = station - page;
  return ring >= ring_least && ring <= ring_most && std::has_single_bit(ring) && station >= page &&
         station <= most_station && (bodies == 0 || std::has_single_bit(bodies)) && bodies % page == 0 &&
         quota <= bodies && send_queue >= 1 && send_queue <= most_messages && receive_queue >= 1 &&
         receive_queue <= most_messages && name_size <= 255 && barrier <= 1;
}

bool send_hello(int socket, const hello& h, const gifts* with) noexcept {
  hello copy = h;
  iovec bytes{&copy, sizeof copy};
  alignas(cmsghdr) std::byte room[CMSG_SPACE(sizeof(gifts))] = {};
  msghdr packet{};
  packet.msg_iov = &bytes;
  packet.msg_iovlen = 1;
  if (with != nullptr) {
    packet.msg_control = room;
    packet.msg_controllen = sizeof room;
    cmsghdr* c = CMSG_FIRSTHDR(&packet);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(gifts));
    std::memcpy(CMSG_DATA(c), with->data(), sizeof(gifts));
  }
  return ::sendmsg(socket, &packet, MSG_DONTWAIT | MSG_NOSIGNAL) == static_cast<ssize_t>(sizeof copy);
}

got receive_hello(int socket, hello& h, std::vector<descriptor>& with) {
  iovec bytes{&h, sizeof h};
  alignas(cmsghdr) std::byte room[room_for_gifts] = {};
  msghdr packet{};
  packet.msg_iov = &bytes;
  packet.msg_iovlen = 1;
  packet.msg_control = room;
  packet.msg_controllen = sizeof room;
  const ssize_t size = ::recvmsg(socket, &packet, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (size < 0) return outcome(size);
  keep(packet, with);
  // What is no hello, gets a magic that nobody accepts.
  if (size != static_cast<ssize_t>(sizeof h) || (packet.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) h.magic = 0;
  return outcome(size);
}

bool send_word(int socket, word what, bytes_view topic) noexcept {
  iovec parts[] = {{&what, sizeof what}, {const_cast<std::byte*>(topic.data()), topic.size()}};
  msghdr packet{};
  packet.msg_iov = parts;
  packet.msg_iovlen = 2;
  return ::sendmsg(socket, &packet, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0 || errno != EAGAIN;
}

got receive_word(int socket, word& what, std::vector<std::byte>& buffer, bytes_view& topic) {
  buffer.resize(sizeof what + largest_topic);
  const ssize_t size = ::recv(socket, buffer.data(), buffer.size(), MSG_DONTWAIT | MSG_TRUNC);
  if (size < static_cast<ssize_t>(sizeof what) || size > static_cast<ssize_t>(buffer.size()))
    return size < 0 ? outcome(size) : got::end;
  std::memcpy(&what, buffer.data(), sizeof what);
  topic = bytes_view(buffer).subspan(sizeof what, static_cast<std::size_t>(size) - sizeof what);
  return got::packet;
}

}  // namespace wye::shm
