// Asked whether there is a message, libzmq takes the first frame of it. Whoever then removed the endpoint that it came
// from, and received, was aborted by libzmq: "Assertion failed: !_more (src/fq.cpp)".
#include <doctest/doctest.h>

#include <wye/wye.hpp>

#include "support/marry.hpp"

namespace wye::test {
namespace {

constexpr auto transports = {"tcp://127.0.0.1:0", "inproc://half-read"};

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

TEST_CASE("a subscriber that removes one of several endpoints mixes no messages") {
  context ctx;
  std::vector<socket> pubs;
  for (int i = 0; i < 3; ++i) pubs.emplace_back(ctx, role::publisher, "tcp://127.0.0.1:0", endpoints{});
  socket sub(ctx, role::subscriber);
  REQUIRE(sub.subscribe({}).has_value());
  for (auto& pub : pubs) sub.connect(pub.bound().front().str());
  for (auto& pub : pubs) marry(pub);
  for (int round = 0; round < 10; ++round)
    for (auto& pub : pubs) give(pub, {"begin", "end"});
  REQUIRE(sub.wait(events::readable, patience).has_value());
  sub.remove(pubs[1].bound().front().str());
  for (int i = 0; i < 20; ++i) CHECK(take(sub) == message({"begin", "end"}));
}

}  // namespace wye::test
