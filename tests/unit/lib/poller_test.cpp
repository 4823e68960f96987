// The poller's timers and plain descriptors; sockets are in the conformance suite.
#include <wye/poller.hpp>

#include <sys/eventfd.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include <thread>

namespace wye {

using namespace std::chrono_literals;

TEST_CASE("a descriptor calls back as long as it is readable") {
  const int fd = ::eventfd(1, EFD_NONBLOCK);
  poller all;
  int calls = 0;
  all.add(fd, POLLIN, [&](short revents) {
    CHECK((revents & POLLIN) != 0);
    std::uint64_t count = 0;
    if (++calls == 3) CHECK(::read(fd, &count, sizeof count) == sizeof count);
  });
  for (int i = 0; i < 3; ++i) CHECK(all.poll(10s).value() == 1);
  CHECK(all.poll(1ms).value() == 0);
  CHECK(calls == 3);
  ::close(fd);
}

TEST_CASE("a timer comes again and again, a single one once, and a removed one not at all") {
  poller all;
  int periodic = 0, once = 0, removed = 0;
  all.add_timer(1ms, [&] { ++periodic; });
  all.add_once(1ms, [&] { ++once; });
  const auto id = all.add_once(1ms, [&] { ++removed; });
  CHECK(all.remove(id));
  while (periodic < 5) REQUIRE(all.poll(10s).has_value());
  CHECK(once == 1);
  CHECK(removed == 0);
}

TEST_CASE("a timer's period must be positive") {
  poller all;
  CHECK_THROWS_AS(all.add_timer(0ms, [] {}), error);
  CHECK_THROWS_AS(all.add_timer(-1ms, [] {}), error);
}

TEST_CASE("stop ends run, from a callback and from another thread") {
  poller all;
  all.add_once(1ms, [&] { all.stop(); });
  all.run();
  std::jthread stopper;
  all.add_once(deadline::now(), [&] { stopper = std::jthread([&] { all.stop(); }); });
  all.run();
}

}  // namespace wye
