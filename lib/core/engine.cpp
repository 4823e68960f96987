#include <wye/engine.hpp>

#include <array>

#include <wye/batch.hpp>

namespace wye {

std::string_view name_of(role r) noexcept {
  static constexpr std::array<std::string_view, 10> names{"publisher", "subscriber", "push",     "pull",       "router",
                                                          "dealer",    "pair",       "surveyor", "respondent", "bus"};
  return names[static_cast<std::size_t>(r)];
}

// What is received may be twice as large before it is refused.
std::uint64_t queue_bytes(role r, const socket_options& o) noexcept {
  const bool sends = r != role::subscriber && r != role::pull;
  const bool receives = r != role::publisher && r != role::push;
  return std::uint64_t{o.max_message} * ((sends ? o.send_queue : 0) + (receives ? 2 * o.receive_queue : 0));
}

errc raw_socket::try_recv_unopened(message& m, batch::contents& what) {
  what = {};
  return try_recv(m);
}

errc raw_socket::try_send_unopened(message&, const batch::contents&) { return errc::not_supported; }

}  // namespace wye
