#include <wye/router.hpp>

#include "support/marry.hpp"

namespace wye::test {

using namespace std::chrono_literals;

namespace {

// On NNG the identity travels with messages, so the router knows it from the first one on.
std::string identity_of(dealer& d, router& r) {
  REQUIRE(d.send("hello", patience).has_value());
  auto got = r.recv(patience);
  REQUIRE(got.has_value());
  return got->identity;
}

}  // namespace

TEST_CASE("a router answers each dealer by its identity") {
  context ctx;
  router r(ctx, {.bind = any_endpoint()});
  std::vector<dealer> all;
  std::vector<std::string> identities;
  for (int i = 0; i < 5; ++i) {
    all.emplace_back(ctx, pattern_options{.connect = r.bound().front()});
    identities.push_back(identity_of(all.back(), r));
  }
  for (int i = 4; i >= 0; --i) {
    const auto at = static_cast<std::size_t>(i);
    REQUIRE(r.send(identities[at], std::string_view(std::to_string(i)), patience).has_value());
    CHECK(all[at].recv(patience)->text() == std::to_string(i));
  }
}

TEST_CASE("a dealer's own identity is what the router sees and answers to") {
  context ctx;
  router r(ctx, {.bind = any_endpoint()});
  dealer d(ctx, {.connect = r.bound().front(), .socket = {.identity = "worker-7"}});
  CHECK(identity_of(d, r) == "worker-7");
  REQUIRE(r.send("worker-7", "to you", patience).has_value());
  CHECK(d.recv(patience)->text() == "to you");
}

TEST_CASE("sending to somebody unknown is no_peer, counted, and nobody else gets it") {
  context ctx;
  router r(ctx, {.bind = any_endpoint()});
  dealer d(ctx, {.connect = r.bound().front()});
  const std::string known = identity_of(d, r);
  const auto sent = r.send("nobody of that name", "hello?", patience);
  CHECK(sent.code() == errc::no_peer);
  CHECK_FALSE(sent.error().message().empty());
  CHECK(r.ledger().refused == 1);
  REQUIRE(r.send(known, "for you", patience).has_value());
  CHECK(d.recv(patience)->text() == "for you");
}

TEST_CASE("sending to a dealer that has gone becomes no_peer, never silence") {
  context ctx;
  router r(ctx, {.bind = any_endpoint()});
  dealer d(ctx, {.connect = r.bound().front()});
  const std::string identity = identity_of(d, r);
  REQUIRE(d.close().has_value());
  next(r.core(), socket_event::kind::peer_down);
  // The engine may take a moment longer than its event; what it accepts until then is reported as at risk or lost.
  errc code = errc::ok;
  for (const deadline until(patience); code == errc::ok && !until.passed();) {
    code = r.send(identity, "still there?", deadline::now()).code();
    (void)r.core().wait(events::readable, 1ms);
  }
  CHECK(code == errc::no_peer);
}

TEST_CASE("a dealer that reconnects under its identity is reached again") {
  context ctx;
  router r(ctx, {.bind = any_endpoint()});
  for (int i = 0; i < 3; ++i) {
    dealer d(ctx, {.connect = r.bound().front(), .socket = {.identity = "same"}});
    CHECK(identity_of(d, r) == "same");
    REQUIRE(r.send("same", "again", patience).has_value());
    CHECK(d.recv(patience)->text() == "again");
  }
}

TEST_CASE("a known identity is taken over by its newest owner, unless that is switched off") {
  for (const bool handover : {true, false}) {
    CAPTURE(handover);
    context ctx;
    router r(ctx, {.bind = any_endpoint(), .socket = {.identity_handover = handover}});
    dealer first(ctx, {.connect = r.bound().front(), .socket = {.identity = "one"}});
    REQUIRE(identity_of(first, r) == "one");
    dealer second(ctx, {.connect = r.bound().front(), .socket = {.identity = "one"}});
    REQUIRE(second.core().wait_for_peers(1, patience).has_value());
    if (handover) {
      CHECK(identity_of(second, r) == "one");
      REQUIRE(r.send("one", "to the newest", patience).has_value());
      CHECK(second.recv(patience)->text() == "to the newest");
    } else {
      (void)second.send("let me in", 50ms);
      REQUIRE(r.send("one", "to the first", patience).has_value());
      CHECK(first.recv(patience)->text() == "to the first");
    }
  }
}

TEST_CASE("a router's queue to one slow dealer does not hold up another") {
  context ctx;
  router r(ctx, {.bind = any_endpoint(), .socket = {.send_queue = 2, .linger = 0ms}});
  dealer slow(ctx, {.connect = r.bound().front(), .socket = {.receive_queue = 1, .linger = 0ms}});
  dealer quick(ctx, {.connect = r.bound().front()});
  const std::string to_slow = identity_of(slow, r), to_quick = identity_of(quick, r);
  const std::string big(1 << 18, 'x');
  errc code = errc::ok;
  while (code == errc::ok) code = r.send(to_slow, std::string_view(big), 20ms).code();
  CHECK(code == errc::timeout);
  for (int i = 0; i < 10; ++i) {
    REQUIRE(r.send(to_quick, "swift", patience).has_value());
    REQUIRE(quick.recv(patience)->text() == "swift");
  }
}

TEST_CASE("an envelope travels unchanged through router and dealer") {
  context ctx;
  router r(ctx, {.bind = any_endpoint()});
  dealer d(ctx, {.connect = r.bound().front()});
  const message sent{std::string_view("\x80\0\0\1", 4), "", "body", "more"};
  REQUIRE(d.send(sent, patience).has_value());
  auto got = r.recv(patience);
  REQUIRE(got.has_value());
  CHECK((got->body == sent));
  REQUIRE(r.send(got->identity, got->body, patience).has_value());
  CHECK((d.recv(patience).value() == sent));
}

TEST_CASE("a dealer spreads over its routers") {
  context ctx;
  router one(ctx, {.bind = any_endpoint()}), two(ctx, {.bind = any_endpoint()});
  dealer d(ctx, {.connect = {one.bound().front().str(), two.bound().front().str()}});
  REQUIRE(d.wait_for_peers(2, patience).has_value());
  int counts[2] = {};
  for (int i = 0; i < 100; ++i) REQUIRE(d.send(std::string_view(std::to_string(i)), patience).has_value());
  for (const deadline until(patience); counts[0] + counts[1] < 100 && !until.passed();) {
    while (one.recv(1ms)) ++counts[0];
    while (two.recv(1ms)) ++counts[1];
  }
  CHECK(counts[0] + counts[1] == 100);
  if (on_engine("zmq")) CHECK(counts[0] == counts[1]);  // NNG gives to whoever is ready
}

}  // namespace wye::test
