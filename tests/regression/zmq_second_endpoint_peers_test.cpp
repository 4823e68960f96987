// When a second endpoint was added just while the first connection was made, that connection was ended and made anew,
// but could be counted twice: wait_for_peers(2) returned although only one peer was there, which got every message.
#include <doctest/doctest.h>

#include <thread>

#include <wye/wye.hpp>

#include "support/transport.hpp"

namespace wye::test {

TEST_CASE("a peer whose connection was begun anew is counted once") {
  context ctx;
  const socket first(ctx, role::router, "tcp://127.0.0.1:0", {});
  const std::string there = first.bound().front().str(), nowhere = "tcp://127.0.0.1:1";
  // Somewhere among these delays is each stage of the handshake.
  for (int delay = 0; delay < 400; delay += 4) {
    socket dealer(ctx, role::dealer, {}, there);
    for (int i = 0; i < delay; ++i) std::this_thread::yield();
    dealer.connect(nowhere);
    REQUIRE(dealer.wait_for_peers(1, patience).has_value());
    const auto second = dealer.wait_for_peers(2, std::chrono::milliseconds(2));
    REQUIRE_MESSAGE(second.code() == errc::timeout, "after " << delay << " yields");
    (void)dealer.close(duration::zero());
  }
}

}  // namespace wye::test
