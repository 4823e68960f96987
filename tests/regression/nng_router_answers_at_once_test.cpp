// The first message of a peer may arrive before NNG says that the peer is there: a router that answered at once got
// no_peer. It happened to one new connection in twenty or so.
#include <doctest/doctest.h>

#include <wye/wye.hpp>

TEST_CASE("an NNG router can answer a peer's first message, however soon") {
  using namespace std::chrono_literals;
  wye::context ctx;
  wye::router router(ctx, {.bind = "nng+tcp://127.0.0.1:0"});
  for (int i = 0; i < 200; ++i) {
    wye::dealer dealer(ctx, {.connect = router.bound().front()});
    dealer.send("hello", 10s).value();
    const auto got = router.recv(10s).value();
    CHECK(router.send(got.identity, got.body, 10s).code() == wye::errc::ok);
    CHECK(dealer.recv(10s).value().text() == "hello");
  }
}
