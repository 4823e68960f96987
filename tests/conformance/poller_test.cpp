#include <unistd.h>

#include <thread>

#include <wye/poller.hpp>

#include "support/marry.hpp"

namespace wye::test {

using namespace std::chrono_literals;

TEST_CASE("a poller serves many sockets, of this engine and of the others, in one thread") {
  couple a(role::pull, role::push), b(role::pull, role::push);
  context ctx;
  socket zmq_in(ctx, role::pull, "inproc://in-one-thread", {}), zmq_out(ctx, role::push, {}, "inproc://in-one-thread");
  poller all;
  std::string seen;
  for (socket* in : {&a.first, &b.first, &zmq_in})
    all.add(*in, events::readable, [&seen, in](events ready) {
      CHECK(ready == events::readable);
      seen += take(*in).text();
    });
  give(a.second, "a");
  while (seen.size() < 1) REQUIRE(all.poll(patience).value() > 0);
  give(b.second, "b");
  while (seen.size() < 2) REQUIRE(all.poll(patience).value() > 0);
  give(zmq_out, "c");
  while (seen.size() < 3) REQUIRE(all.poll(patience).value() > 0);
  CHECK(seen == "abc");
}

TEST_CASE("readiness is by level: a callback that takes one message of many is called again") {
  couple c(role::pull, role::push);
  constexpr int count = 200;
  for (int i = 0; i < count; ++i) say(c.second, std::to_string(i));
  poller all;
  int taken = 0;
  all.add(c.first, events::readable, [&](events) {
    message m;
    if (c.first.try_recv(m) == errc::ok) CHECK(m.text() == std::to_string(taken++));
  });
  while (taken < count) REQUIRE(all.poll(patience).value() > 0);
}

TEST_CASE("a socket that can send is reported writable, one that cannot is not") {
  context ctx;
  socket out(ctx, role::push, any_endpoint(), {});
  poller all;
  int writable = 0;
  all.add(out, events::writable, [&](events ready) {
    CHECK(ready == events::writable);
    ++writable;
  });
  CHECK(all.poll(5ms).value() == 0);
  socket in(ctx, role::pull, {}, out.bound().front());
  REQUIRE(all.poll(patience).value() == 1);
  CHECK(writable == 1);
}

TEST_CASE("entries are removed, and added, by callbacks") {
  couple c(role::pull, role::push);
  poller all;
  int first = 0, second = 0;
  poller::id added = 0;
  const poller::id id = all.add(c.first, events::readable, [&](events) {
    ++first;
    all.remove(id);
    added = all.add(c.first, events::readable, [&](events) {
      ++second;
      (void)take(c.first);
    });
  });
  give(c.second, "x");
  while (second == 0) REQUIRE(all.poll(patience).has_value());
  CHECK(first == 1);
  CHECK(second == 1);
  CHECK(all.remove(added));
  CHECK_FALSE(all.remove(added));
  CHECK_FALSE(all.remove(id));
  give(c.second, "nobody listens");
  CHECK(all.poll(5ms).value() == 0);
}

TEST_CASE("a socket that keeps no queue connects again while a poller waits for it") {
  if (on("inproc")) SKIP("on inproc nothing is attempted until the other side binds");
  context ctx;
  const std::string at = known_endpoint();
  socket out(ctx, role::push, {}, at, {.reconnect_max = std::chrono::milliseconds(200), .keep_queue = false});
  next(out, socket_event::kind::connect_failed);
  poller all;
  int calls = 0;
  all.add(out, events::writable, [&](events) { ++calls; });
  const socket in(ctx, role::pull, at, {});
  REQUIRE(all.poll(patience).has_value());
  CHECK(calls == 1);
}

}  // namespace wye::test
