// A pusher that removed an endpoint gave what its puller had not taken yet to the next one, and the first read it too.
#include <doctest/doctest.h>
#include <unistd.h>

#include <set>
#include <string>

#include <wye/context.hpp>
#include <wye/socket.hpp>

#include "support/marry.hpp"

namespace wye::test {
namespace {

constexpr int count = 100;

std::string name(const char* of) { return "shm://" + std::string(of) + "-" + std::to_string(::getpid()); }

std::string place(const socket& s) { return s.bound().front().str(); }

void send_all(socket& to) {
  for (int i = 0; i < count; ++i) say(to, std::to_string(i));
}

// How many it takes until nothing comes; each of them once.
int drain(socket& from, std::set<std::string>& seen) {
  int taken = 0;
  for (; from.wait(events::readable, deadline::now()).has_value(); ++taken)
    CHECK(seen.emplace(test::take(from).text()).second);
  return taken;
}

}  // namespace

TEST_CASE("what was sent before an endpoint was removed is received there, and nowhere else") {
  context ctx;
  socket first(ctx, role::pull, name("first"), {}), second(ctx, role::pull, name("second"), {});
  socket out(ctx, role::push, {}, place(first));
  marry(first, out);
  send_all(out);
  out.remove(place(first));
  out.connect(place(second));
  marry(second, out);
  say(out, "last");
  std::set<std::string> seen;
  drain(first, seen);
  CHECK(seen.size() == count);
  CHECK(test::take(second).text() == "last");
}

TEST_CASE("what a puller of a removed endpoint never takes goes to the next one") {
  context ctx;
  socket second(ctx, role::pull, name("heir"), {}), out(ctx, role::push, {}, {});
  std::set<std::string> seen;
  {
    socket first(ctx, role::pull, name("heiress"), {});
    out.connect(place(first));
    marry(first, out);
    send_all(out);
    for (int i = 0; i < 3; ++i) seen.emplace(test::take(first).text());
    out.remove(place(first));
  }
  out.connect(place(second));
  while (seen.size() < count) {
    (void)out.wait(events::writable, std::chrono::milliseconds(5));  // a pusher that is used, gives what came back
    drain(second, seen);
  }
}

TEST_CASE("what a puller has not taken when it removes an endpoint goes to the next one, and is not received there") {
  context ctx;
  socket out(ctx, role::push, name("giver"), {}), first(ctx, role::pull, {}, place(out));
  marry(first, out);
  send_all(out);
  std::set<std::string> seen;
  for (int i = 0; i < 3; ++i) seen.emplace(test::take(first).text());
  first.remove(place(out));
  CHECK(drain(first, seen) == 0);
  socket second(ctx, role::pull, {}, place(out));
  while (seen.size() < count) {
    (void)out.wait(events::writable, std::chrono::milliseconds(5));
    drain(second, seen);
  }
}

}  // namespace wye::test
