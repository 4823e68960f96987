// libzmq tells the monitor of a failed bind before it returns, and that could overwrite the errno: on a busy machine
// one bind in a hundred to a port that was taken failed with "Resource temporarily unavailable".
#include <doctest/doctest.h>

#include <wye/wye.hpp>

TEST_CASE("a taken port is named as the cause, each time") {
  wye::context ctx;
  const wye::socket owner(ctx, wye::role::pull, "tcp://127.0.0.1:0", {});
  const std::string taken = owner.bound().front().str();
  for (int i = 0; i < 500; ++i) {
    try {
      const wye::socket second(ctx, wye::role::pull, taken, {});
      FAIL("it was bound twice");
    } catch (const wye::error& why) {
      REQUIRE_MESSAGE(why.which() == wye::errc::address_in_use, why.what());
    }
  }
}
