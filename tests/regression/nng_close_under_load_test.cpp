// NNG 1.5.2 hangs for ever if a connection is closed between two steps of a message. remove() ran into it within a few
// dozen rounds, and so did close() with a push socket whose peer went on reading, in 2 of 80 runs on a busy machine.
#include <doctest/doctest.h>

#include <unistd.h>

#include <string>
#include <thread>

#include <wye/wye.hpp>

namespace {

using namespace std::chrono_literals;

constexpr std::size_t large = 300'000;  // arrives in several pieces

std::string own_name(const std::string& what) { return "nng+ipc://@wye-" + std::to_string(::getpid()) + what; }

}  // namespace

TEST_CASE("an NNG listener can be removed while it receives, and other connections go on") {
  wye::context ctx;
  wye::socket sink(ctx, wye::role::pull);
  for (int i = 0; i < 30; ++i) {
    const auto at = sink.bind("nng+tcp://127.0.0.1:0");
    wye::socket source(ctx, wye::role::push, {}, at, {.linger = 0ms});
    for (int n = 0; n < 5; ++n) source.send(std::string(large, 'x'), 20s).value();
    sink.remove(at.str());
  }
  const auto at = sink.bind("nng+tcp://127.0.0.1:0");
  wye::socket last(ctx, wye::role::push, {}, at);
  last.send("last", 20s).value();
  for (auto got = sink.recv(20s);; got = sink.recv(20s)) {
    REQUIRE(got);
    if (got->text() == "last") break;
  }
}

TEST_CASE("an NNG socket can be closed in the middle of a message that its peer is reading") {
  for (int i = 0; i < 50; ++i) {
    wye::context ctx;
    wye::socket sink(ctx, wye::role::pull, own_name("middle" + std::to_string(i)), {});
    wye::socket source(ctx, wye::role::push, {}, sink.bound().front(), {.send_queue = 4, .linger = 0ms});
    for (int n = 0; n < 4; ++n) source.send(std::string(8 * large, 'x'), 20s).value();
    CHECK(sink.recv(20s));
    (void)source.close(0ms);
  }
}

TEST_CASE("NNG dealers come and go quickly, with and without a message under way") {
  for (const std::string& where : {std::string("nng+tcp://127.0.0.1:0"), std::string("nng+inproc://churn")}) {
    CAPTURE(where);
    wye::context ctx;
    wye::socket router(ctx, wye::role::router, where, {}, {.probe_peers = true});
    for (int i = 0; i < 300; ++i) {
      wye::socket dealer(ctx, wye::role::dealer, {}, router.bound().front(), {.linger = 0ms});
      if (i % 3 == 1) CHECK(dealer.wait_for_peers(1, 20s));
      if (i % 3 == 2) CHECK(dealer.send("hello", 20s));
    }
  }
}
