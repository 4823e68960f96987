#include <wye/router.hpp>

namespace wye {

result<void> router::send(std::string_view identity, message body, deadline until, std::stop_token stop) {
  body.push_front(frame::copy_of(identity));
  auto sent = core_.send(body, until, std::move(stop));
  if (sent.code() != errc::no_peer) return sent;
  return failure(errc::no_peer, "no peer of that identity is connected; the message was not sent");
}

result<routed> router::recv(deadline until, std::stop_token stop) {
  auto got = core_.recv(until, std::move(stop));
  if (!got) return got.error();
  const frame identity = got->pop_front();
  return routed{std::string(identity.text()), std::move(*got)};
}

}  // namespace wye
