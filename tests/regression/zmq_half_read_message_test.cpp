// Asked whether there is a message, libzmq takes the first frame of it. Whoever then removed the endpoint that it came
// from, and received, was aborted by libzmq: "Assertion failed: !_more (src/fq.cpp)".
#include <doctest/doctest.h>

#include <map>

#include <wye/wye.hpp>

#include "support/marry.hpp"

namespace wye::test {
namespace {

constexpr auto transports = {"tcp://127.0.0.1:0", "zmq+inproc://half-read"};

// What was announced is whole, whatever happens to the connection.
void read_after_removal(socket& from, std::string_view at, const message& expected) {
  REQUIRE(from.wait(events::readable, patience).has_value());
  from.remove(at);
  CHECK(take(from) == expected);
  CHECK(from.recv(deadline::now()).error().code() == errc::timeout);
}

}  // namespace

TEST_CASE("a subscriber that removes an endpoint receives the message it was told of") {
  for (const char* at : transports) {
    context ctx;
    socket pub(ctx, role::publisher, at, {});
    socket sub(ctx, role::subscriber);
    REQUIRE(sub.subscribe({}).has_value());
    sub.connect(pub.bound().front().str());
    marry(pub, sub);
    for (int i = 0; i < 3; ++i) give(pub, {"topic", "body", "more"});
    read_after_removal(sub, pub.bound().front().str(), {"topic", "body", "more"});
  }
}

TEST_CASE("a router that removes an endpoint receives the message it was told of") {
  for (const char* at : transports) {
    context ctx;
    socket dealer(ctx, role::dealer, at, {}, {.identity = "d"});
    socket router(ctx, role::router, {}, dealer.bound().front().str());
    marry(dealer, router);
    for (int i = 0; i < 3; ++i) give(dealer, {"one", "two"});
    read_after_removal(router, dealer.bound().front().str(), {"d", "one", "two"});
  }
}

// libzmq then went on with the message of another publisher.
TEST_CASE("a subscriber that removes one of several endpoints mixes no messages") {
  context ctx;
  socket sub(ctx, role::subscriber);
  REQUIRE(sub.subscribe({}).has_value());
  std::map<std::string, socket> publishers;
  for (const char* name : {"a", "b", "c"}) {
    auto& pub = publishers.emplace(name, socket(ctx, role::publisher, "tcp://127.0.0.1:0", {})).first->second;
    sub.connect(pub.bound().front().str());
    marry(pub);
  }
  for (int round = 0; round < 10; ++round)
    for (auto& [name, pub] : publishers) give(pub, {name, name});
  (void)take(sub);
  const message second = take(sub);  // the next one comes from the third
  REQUIRE(sub.wait(events::readable, patience).has_value());
  sub.remove(publishers.at(std::string(second.text())).bound().front().str());
  for (int i = 0; i < 19; ++i) {
    const message m = take(sub);
    REQUIRE(m.size() == 2);
    CHECK(m[0].text() == m[1].text());
  }
}

}  // namespace wye::test
