// Messages with an address: a router tells its peers apart, and says when one has gone.
#include <iostream>

#include <wye/wye.hpp>

using namespace std::chrono_literals;

void converse(wye::context& ctx, const char* endpoint) {
  wye::router desk{ctx, {.bind = endpoint}};
  const auto at = desk.bound().front();
  wye::dealer ann{ctx, {.connect = at, .socket = {.identity = "ann"}}};
  {
    wye::dealer bob{ctx, {.connect = at, .socket = {.identity = "bob"}}};
    for (auto* guest : {&ann, &bob}) {
      guest->send("a room, please", 10s).value();
      auto [who, wish] = desk.recv(10s).value();
      desk.send(who, "welcome, " + who, 10s).value();
      std::cout << wish.text() << " - " << guest->recv(10s).value().text() << '\n';
    }
  }  // bob leaves

  while (desk.peer_count() > 1) (void)desk.next_event(10s);
  auto sent = desk.send("bob", "your key", 10s);
  while (sent) sent = desk.send("bob", "your key", 10s);  // accepted until his leaving is known to the engine
  std::cout << "for bob: " << name_of(sent.code()) << '\n';
}

int main() {
  wye::context ctx;
  converse(ctx, "tcp://127.0.0.1:0");
  converse(ctx, "nng+tcp://127.0.0.1:0");
}
