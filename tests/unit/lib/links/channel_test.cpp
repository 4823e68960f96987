#include <doctest/doctest.h>

#include <string>
#include <thread>

#include <wye/links/channel.hpp>

namespace wye::links {
namespace {

bool push(channel& c, const std::string& text, std::size_t weight = 1) {
  if (!c.has_room()) return false;
  c.back().push_back(text);
  c.push(weight);
  return true;
}

std::string pop(channel& c) {
  message* next = c.front();
  if (next == nullptr) return {};
  const message m = std::move(*next);
  c.pop();
  return std::string(m.text());
}

}  // namespace

TEST_CASE("what goes in comes out in order, through many chunks") {
  channel c(1000, 0, false);
  int out = 0;
  for (int in = 0; in < 10'000;) {
    for (int burst = in % 700; burst >= 0; --burst) REQUIRE(push(c, std::to_string(in++)));
    for (int burst = in % 500; burst >= 0 && out < in; --burst) REQUIRE(pop(c) == std::to_string(out++));
    while (in - out > 200) REQUIRE(pop(c) == std::to_string(out++));
  }
  while (c.readable()) REQUIRE(pop(c) == std::to_string(out++));
  CHECK(pop(c).empty());
}

TEST_CASE("a full channel takes nothing, and the receiver is asked to tell of room after a quarter") {
  channel c(8, 0, false);
  for (int i = 0; i < 8; ++i) REQUIRE(push(c, "x"));
  CHECK(!push(c, "one too many"));
  REQUIRE(c.front() != nullptr);
  CHECK(!c.pop());
  REQUIRE(c.front() != nullptr);
  CHECK(c.pop());
  CHECK(push(c, "x"));
}

TEST_CASE("of a full channel that was emptied room is told, too") {
  channel c(3, 0, false);
  for (int i = 0; i < 3; ++i) REQUIRE(push(c, "x"));
  CHECK(!c.has_room());
  bool told = false;
  while (c.front() != nullptr) told = c.pop() || told;
  CHECK((c.tell_of_room() || told));
  CHECK(!c.tell_of_room());
}

TEST_CASE("in flight is what does not count as the receiver's") {
  channel c(100, 10, false);
  for (int i = 0; i < 15; ++i) REQUIRE(push(c, "x"));
  CHECK(c.in_flight() == 5);
  CHECK(pop(c) == "x");
  CHECK(c.in_flight() == 0);  // it has claimed them all
}

TEST_CASE("in flight are messages, where batches are sent") {
  channel c(100, 2, true);
  for (const std::size_t weight : {100U, 10U, 7U, 5U}) REQUIRE(push(c, "x", weight));
  CHECK(c.in_flight() == 12);
}

TEST_CASE("what is kept is not received") {
  channel c(1000, 100, false);
  for (int i = 0; i < 300; ++i) REQUIRE(push(c, "x"));
  CHECK(pop(c) == "x");  // and claims no more than the hundred
  c.keep_the_rest();
  int got = 1;
  while (!pop(c).empty()) ++got;
  CHECK(got == 101);
  CHECK(!c.readable());
}

TEST_CASE("what a receiver that stopped had not taken comes back") {
  channel c(1000, 100, false);
  for (int i = 0; i < 300; ++i) REQUIRE(push(c, std::to_string(i)));
  for (int i = 0; i < 70; ++i) REQUIRE(pop(c) == std::to_string(i));
  c.stop();
  CHECK(c.stopped());
  const auto left = c.leftover();
  REQUIRE(left.size() == 230);
  CHECK(left.front().text() == "70");
  CHECK(left.back().text() == "299");
}

TEST_CASE("two threads lose nothing, and a receiver that stops amid it leaves exactly the rest") {
  for (int turn = 0; turn < 50; ++turn) {
    channel c(50, 10, false);
    constexpr int all = 20'000;
    const int stops_at = turn % 2 == 0 ? all : 400 * turn;
    std::thread sender([&c] {
      for (int i = 0; i < all && !c.stopped();)
        if (push(c, std::to_string(i))) ++i;
        else std::this_thread::yield();
    });
    int got = 0;
    while (got < stops_at)
      if (const std::string text = pop(c); text.empty()) std::this_thread::yield();
      else REQUIRE(text == std::to_string(got++));
    c.stop();
    sender.join();
    for (const message& m : c.leftover()) REQUIRE(m.text() == std::to_string(got++));
    CHECK(got <= all);
    if (stops_at == all) CHECK(got == all);
  }
}

}  // namespace wye::links
