// Messages of your own types, in msgpack: what is not one never reaches your code.
#include <iostream>

#include <wye/msgpack.hpp>
#include <wye/wye.hpp>

using namespace std::chrono_literals;

struct quote {
  std::string symbol;
  double bid = 0, ask = 0;
  MSGPACK_DEFINE(symbol, bid, ask)
};

void trade(wye::context& ctx, const char* endpoint) {
  wye::publisher<quote> market{ctx, {.bind = endpoint}};
  wye::subscriber<quote> screen{ctx, {.connect = market.bound().front(), .topics = {"fx."}}};
  market.wait_for_subscribers(1, 10s).value();

  market.send("fx.eurusd", {"EURUSD", 1.0841, 1.0843}).value();
  auto [topic, q] = screen.recv(10s).value();
  std::cout << topic << ": " << q.symbol << ' ' << q.bid << " / " << q.ask << '\n';

  market.core().send({"fx.eurusd", "not msgpack at all"}, 10s).value();  // somebody's mistake
  std::cout << name_of(screen.recv(10s).code()) << ", counted: " << screen.ledger()[wye::drop_reason::malformed]
            << '\n';
}

int main() {
  wye::context ctx;
  trade(ctx, "tcp://127.0.0.1:0");
  trade(ctx, "nng+tcp://127.0.0.1:0");
}
