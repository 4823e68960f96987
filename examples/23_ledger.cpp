// Nothing is lost unseen: sent = delivered + dropped (by reason) + in flight.
#include <iostream>

#include <wye/wye.hpp>

using namespace std::chrono_literals;

int main() {
  wye::context ctx;
  constexpr std::uint64_t many = 100'000;
  const wye::socket_options small{.send_queue = 10, .receive_queue = 10};
  wye::publisher<std::string> pub{ctx, {.bind = "inproc://news", .socket = small}};
  wye::subscriber<std::string> sub{ctx, {.connect = "inproc://news", .topics = {""}, .socket = small}};
  pub.wait_for_subscribers(1, 10s).value();

  for (std::uint64_t i = 0; i < many; ++i) pub.send("news", "too fast for everybody").value();

  std::uint64_t delivered = 0;
  while (sub.recv(100ms)) ++delivered;  // until nothing comes any more
  const wye::ledger l = pub.ledger();
  const auto dropped = l[wye::drop_reason::queue_full];
  std::cout << "sent " << l.sent << ", of which not delivered: " << (dropped > 0 ? "many" : "none") << '\n';
  std::cout << "sent = delivered + dropped: " << std::boolalpha << (l.sent == delivered + dropped) << '\n';

  // What could not even be accepted stays with the caller: refused.
  wye::router router{ctx, {.bind = "inproc://desk"}};
  std::cout << name_of(router.send("nobody", "hello?").code()) << '\n';
  std::cout << router.ledger().str() << '\n';
}
