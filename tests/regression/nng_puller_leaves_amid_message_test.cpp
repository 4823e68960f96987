// NNG 1.5.2's PUSH put a connection that closed while a message to it was finished back on its list of ready ones: the
// next message was lost, or the process crashed. A puller that refused 1 MiB for its size did that in 1 of 4 runs.
#include <doctest/doctest.h>

#include <unistd.h>

#include <string>

#include <wye/wye.hpp>

namespace {

using namespace std::chrono_literals;

constexpr std::size_t large = 1 << 20;

// Pullers that come, cause a large message to be sent to them, and refuse it or leave in its midst.
void come_and_go(const std::string& bind) {
  wye::context ctx;
  wye::socket out(ctx, wye::role::push, {.send_queue = 4, .linger = 0ms});
  const std::string at = out.bind(bind).str();
  for (int i = 0; i < 300; ++i) {
    const std::size_t most = i % 2 == 0 ? 1000 : 2 * large;  // refuses, or leaves
    wye::socket in(ctx, wye::role::pull, {}, at, {.max_message = most, .reconnect_min = 10s});
    REQUIRE(out.wait_for_peers(1, 20s).has_value());
    out.send(std::string(large, 'x'), 20s).value();
    if (i % 2 != 0) (void)in.close(0ms);
    while (out.peer_count() != 0) (void)out.next_event(5ms);
  }
  wye::socket last(ctx, wye::role::pull, {}, at);
  out.send("last", 20s).value();
  for (auto got = last.recv(20s);; got = last.recv(20s)) {
    REQUIRE(got.has_value());
    if (got->text() == "last") break;
  }
}

}  // namespace

TEST_CASE("an NNG push survives hundreds of pullers that leave in the midst of a large message, on tcp") {
  come_and_go("nng+tcp://127.0.0.1:0");
}

TEST_CASE("an NNG push survives hundreds of pullers that leave in the midst of a large message, on ipc") {
  come_and_go("nng+ipc://@wye-leaves-" + std::to_string(::getpid()));
}
