// sent = received + dropped by reason: nothing is lost unseen.
#include <thread>

#include <wye/pubsub.hpp>

#include "support/marry.hpp"

namespace wye::test {

using namespace std::chrono_literals;

TEST_CASE("messages and bytes are counted on both sides") {
  couple c(role::pull, role::push);
  give(c.second, "12345");
  give(c.second, {"123", "4567"});
  (void)take(c.first);
  (void)take(c.first);
  CHECK(c.second.ledger().sent == 2);
  CHECK(c.second.ledger().sent_bytes == 12);
  CHECK(c.first.ledger().received == 2);
  CHECK(c.first.ledger().received_bytes == 12);
  CHECK(c.first.ledger().dropped_total() == 0);
  CHECK(c.second.ledger().dropped_total() == 0);
}

TEST_CASE("in flight ends at zero where it can be known, and says so where it can't") {
  couple c(role::pull, role::push);
  give(c.second, "hello");
  (void)take(c.first);
  const bool exact = c.ctx.find(engine_under_test())->can().exact_in_flight;
  if (!exact) CHECK_FALSE(c.second.ledger().in_flight.has_value());
  else if (c.second.ledger().in_flight) {
    const deadline until(patience);
    while (c.second.ledger().in_flight != 0 && !until.passed()) (void)c.second.wait(events::none, 5ms);
    CHECK(c.second.ledger().in_flight == 0);
  }
}

namespace {

// Publishes large messages to a subscriber that does not read until some were dropped; how many were sent.
std::uint64_t flood(couple& c) {
  const std::string big(1 << 18, 'x');
  std::uint64_t sent = 0;
  const auto dropped = [&] {
    return c.first.ledger()[drop_reason::queue_full] + c.second.ledger()[drop_reason::queue_full];
  };
  for (; sent < 500 || dropped() == 0; ++sent) REQUIRE(c.first.send(as_bytes(big), patience).has_value());
  return sent;
}

}  // namespace

TEST_CASE("a publisher does not wait for a slow subscriber, and says that it dropped") {
  couple c(role::publisher, role::subscriber, {.send_queue = 2, .receive_queue = 2, .linger = 0ms});
  const std::uint64_t sent = flood(c);
  CHECK(c.first.ledger().sent == sent);
  CHECK(c.first.ledger().refused == 0);
}

TEST_CASE("each of a publisher's drops for a slow subscriber is counted: sent = received + dropped") {
  couple c(role::publisher, role::subscriber, {.send_queue = 2, .receive_queue = 2, .linger = 0ms});
  const std::uint64_t sent = flood(c);
  const auto balance = [&] {
    const ledger out = c.first.ledger(), in = c.second.ledger();
    return in.received + in[drop_reason::queue_full] + out[drop_reason::queue_full];
  };
  const deadline until(patience);
  while (balance() < sent && !until.passed()) (void)c.second.recv(20ms);
  CHECK(balance() == sent);
  CHECK(c.second.ledger().received < sent);
}

TEST_CASE("a publisher that blocks loses nothing to a slow subscriber") {
  context ctx;
  const socket_options small{.send_queue = 2, .receive_queue = 2, .overflow = overflow::block};
  try {
    publisher<std::string> out(ctx, {.bind = any_endpoint(), .socket = small});
    subscriber<std::string> in(ctx, {.connect = out.bound().front(), .topics = {""}, .socket = small});
    marry(out.core(), in.core());
    constexpr int count = 200;
    std::jthread sender([&] {
      for (int i = 0; i < count; ++i) (void)out.send("t", std::to_string(i) + std::string(1 << 16, 'x'), patience);
    });
    for (int i = 0; i < count; ++i) {
      auto got = in.recv(patience);
      REQUIRE(got.has_value());
      REQUIRE(std::stoi(got->body) == i);
    }
  } catch (const error& refused) {
    REQUIRE(on_engine("nng"));  // its publisher cannot know that a subscriber is slow
    CHECK(refused.which() == errc::not_supported);
    CHECK(mentions(refused.what(), "overflow"));
    MESSAGE("skipped: " << refused.what());
  }
}

TEST_CASE("what a push socket queued for a peer that vanished is told") {
  if (on("inproc")) SKIP("on inproc a peer vanishes only by closing");
  if (on("ws")) SKIP("NNG may not tell on ws that a peer went while a large message is written to it");
  couple c(role::push, role::pull, {.send_queue = 100, .receive_queue = 1, .linger = 0ms});
  const std::string big(1 << 18, 'x');
  fill(c.first, big);
  const std::uint64_t received = 1;
  (void)take(c.second);
  (void)c.second.close(0ms);
  next(c.first, socket_event::kind::peer_down);
  const ledger told = c.first.ledger();
  CHECK(told.at_risk + told[drop_reason::peer_lost] + told.in_flight.value_or(0) > 0);
  CHECK(told.sent > received);
}

TEST_CASE("the ledger, the peers and the counts may be read from any thread at any time") {
  couple c(role::pull, role::push);
  std::jthread reader([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      (void)c.first.ledger();
      (void)c.first.peers();
      (void)c.second.ledger();
      (void)c.second.peer_count();
      (void)c.second.subscriptions();
    }
  });
  for (int i = 0; i < 2000; ++i) {
    give(c.second, "x");
    (void)take(c.first);
  }
  reader.request_stop();
  reader.join();
  CHECK(c.first.ledger().received == 2000);
}

TEST_CASE("a ledger is one line for people, with each reason named") {
  couple c(role::pull, role::push);
  c.first.count_drop(drop_reason::expired, 3);
  const std::string line = c.first.ledger().str();
  CHECK(mentions(line, "dropped 3"));
  CHECK(mentions(line, "expired 3"));
}

}  // namespace wye::test
