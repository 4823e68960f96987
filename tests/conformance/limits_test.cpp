#include "support/marry.hpp"

namespace wye::test {

using namespace std::chrono_literals;

TEST_CASE("a message above max_message is refused at send, with all frames counted together") {
  for (const role r : {role::push, role::publisher, role::pair, role::dealer}) {
    CAPTURE(name_of(r));
    const role partner = r == role::push        ? role::pull
                         : r == role::publisher ? role::subscriber
                         : r == role::pair      ? r
                                                : role::router;
    couple c(partner, r, {.max_message = 1000});
    CHECK(c.second.send(as_bytes(std::string(1001, 'x')), patience).code() == errc::too_large);
    CHECK(c.second.send(message{std::string(600, 'x'), std::string(600, 'x')}, patience).code() == errc::too_large);
    CHECK(c.second.ledger().refused == 2);
    give(c.second, std::string_view(std::string(1000, 'y')));
    CHECK(take(c.first).text() == std::string(1000, 'y'));
  }
}

TEST_CASE("a too large message that arrives is dropped and counted, and the connection survives") {
  couple c(role::pull, role::push, {.max_message = 1000}, {});
  const auto peer = next(c.first, socket_event::kind::peer_up).peer;
  give(c.second, std::string_view(std::string(1500, 'x')));
  give(c.second, {std::string(600, 'x'), std::string(600, 'x')});
  give(c.second, "small");
  CHECK(take(c.first).text() == "small");
  CHECK(c.first.ledger()[drop_reason::too_large] == 2);
  REQUIRE(c.first.peers().size() == 1);
  CHECK(c.first.peers().front().id == peer);
}

TEST_CASE("a far too large message never arrives, and its sender is served again afterwards") {
  // When a peer goes while NNG 1.5.2 writes to it, push may keep the connection in its list of those that are ready,
  // and what takes several writes may hang for ever.
  const bool nng = on_engine("nng");
  couple c(nng ? role::pair : role::pull, nng ? role::pair : role::push, {.max_message = 1000},
           {.linger = 0ms, .reconnect_min = 1ms});
  const std::string huge(nng ? 1 << 14 : 1 << 20, 'x');
  give(c.second, std::string_view(huge));
  if (on("inproc")) {
    give(c.second, "small");
  } else {
    if (on("shm")) CHECK(c.first.recv(deadline::now()).code() == errc::timeout);  // nobody else looks at a ring
    next(c.first, socket_event::kind::peer_down);  // the connection is closed before memory is taken for it
    next(c.second, socket_event::kind::peer_down);
    next(c.first, socket_event::kind::peer_up);  // a pair refuses a connection until it has forgotten the one before
    REQUIRE(c.second.wait_for_peers(1, patience).has_value());
    give(c.second, "small");
  }
  CHECK(take(c.first).text() == "small");
  CHECK(c.first.ledger().received == 1);
}

TEST_CASE("a message of more frames than allowed is dropped and counted, or refused at send") {
  couple c(role::pull, role::push);
  message many;
  for (int i = 0; i < 2000; ++i) many.push_back("x");
  const auto sent = c.second.send(std::move(many), patience);
  if (!sent) CHECK(sent.code() == errc::malformed);
  give(c.second, "normal");
  CHECK(take(c.first).text() == "normal");
  CHECK(c.first.ledger()[drop_reason::malformed] + c.second.ledger().refused == 1);
}

TEST_CASE("options out of their range are refused by name") {
  context ctx;
  const auto refused = [&](const socket_options& o, const char* name) {
    CAPTURE(name);
    std::string said;
    CHECK(code_of([&] { socket(ctx, role::dealer, o); }, &said) == errc::bad_option);
    CHECK(mentions(said, name));
  };
  refused({.send_queue = 0}, "send_queue");
  refused({.send_queue = 1'000'001}, "send_queue");
  refused({.receive_queue = 0}, "receive_queue");
  refused({.max_message = 0}, "max_message");
  refused({.max_message = (std::size_t{1} << 30) + 1}, "max_message");
  refused({.linger = -1ms}, "linger");
  refused({.heartbeat = 5s, .heartbeat_timeout = 1s}, "heartbeat_timeout");
  refused({.handshake_timeout = 0ms}, "handshake_timeout");
  refused({.reconnect_min = 0ms}, "reconnect_min");
  refused({.reconnect_min = 10ms, .reconnect_max = 5ms}, "reconnect");
  refused({.identity = std::string(256, 'x')}, "identity");
  refused({.identity = std::string("\0x", 2)}, "identity");
  refused({.spin = -1us}, "spin");
  refused({.spin = 2s}, "spin");
  refused({.max_hops = 0}, "max_hops");
  refused({.max_hops = 16}, "max_hops");
}

}  // namespace wye::test
