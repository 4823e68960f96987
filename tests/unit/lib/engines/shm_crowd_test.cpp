// More peers in shared memory than are looked at one by one.
#include <doctest/doctest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <list>
#include <string>

#include <wye/context.hpp>
#include <wye/socket.hpp>

#include "support/marry.hpp"

namespace wye::test {
namespace {

constexpr std::size_t many = 300;

// A puller and many pushers. `fits` is false where so many descriptors are not allowed.
struct crowd {
  context ctx;
  bool fits = room();
  socket in{ctx, role::pull, "shm://crowd-" + std::to_string(::getpid()), {}};
  std::list<socket> pushers;

  crowd() {
    if (!fits) return;
    for (std::size_t i = 0; i < many; ++i) pushers.emplace_back(ctx, role::push, endpoints{}, in.bound().front().str());
    REQUIRE(in.wait_for_peers(many, patience).has_value());
  }

  static bool room() {
    rlimit now{};
    ::getrlimit(RLIMIT_NOFILE, &now);
    now.rlim_cur = std::max<rlim_t>(now.rlim_cur, std::min<rlim_t>(now.rlim_max, 16 * many));
    return ::setrlimit(RLIMIT_NOFILE, &now) == 0 && now.rlim_cur >= 16 * many;
  }

  void everybody_says(const std::string& what) {
    std::size_t number = 0;
    for (socket& p : pushers) say(p, what + std::to_string(number++));
  }
};

}  // namespace

TEST_CASE("each of many peers is heard, again after it was silent, and wakes a receiver that sleeps") {
  crowd c;
  if (!c.fits) SKIP("too few descriptors are allowed");
  std::size_t number = 0;
  for (socket& p : c.pushers) {  // all are silent but one
    say(p, std::to_string(number));
    CHECK(test::take(c.in).text() == std::to_string(number++));
  }
  for (int round = 0; round < 3; ++round) {
    c.everybody_says("all ");
    for (std::size_t i = 0; i < many; ++i) CHECK(test::take(c.in).text().starts_with("all "));
    CHECK(c.in.recv(std::chrono::milliseconds(1)).error() == errc::timeout);
  }
}

TEST_CASE("of many silent peers one that leaves is noticed, and what it sent before is received") {
  crowd c;
  if (!c.fits) SKIP("too few descriptors are allowed");
  CHECK(c.in.recv(std::chrono::milliseconds(1)).error() == errc::timeout);  // now they are known to be silent
  say(c.pushers.back(), "goodbye");
  REQUIRE(c.pushers.back().close(patience).has_value());
  (void)next(c.in, socket_event::kind::peer_down);
  CHECK(test::take(c.in).text() == "goodbye");
  CHECK(c.in.peer_count() == many - 1);
}

}  // namespace wye::test
