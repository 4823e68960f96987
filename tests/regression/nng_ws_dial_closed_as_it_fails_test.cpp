// NNG 1.5.2: to cancel a dial of WebSockets in the moment in which it fails by itself used what was freed with it, and
// the process aborted.
#include <doctest/doctest.h>

#include <thread>

#include <wye/wye.hpp>

namespace {

using namespace std::chrono_literals;

// Where nobody listens.
std::string refused() {
  wye::context ctx;
  wye::socket gone(ctx, wye::role::pull);
  return gone.bind("nng+ws://127.0.0.1:0/x").str();
}

}  // namespace

TEST_CASE("an NNG socket can be closed at any moment of a dial over WebSockets that is refused") {
  const std::string at = refused();
  wye::context ctx;
  for (int i = 0; i < 400; ++i) {
    wye::socket out(ctx, wye::role::push, {}, at, {.linger = 0ms});
    const auto until = wye::clock::now() + (i % 100) * 10us;
    while (wye::clock::now() < until) std::this_thread::yield();
    CHECK(out.close(0ms).code() == wye::errc::ok);
  }
}
