// Every blocking call ends at its deadline and when its stop_token asks. A call that does not would run into the time
// limit of the test.
#include <thread>

#include <wye/wye.hpp>

#include "support/marry.hpp"

namespace wye::test {

using namespace std::chrono_literals;

namespace {

// How `call(deadline, token)` ends: by a deadline that has passed, by one that passes, by a token triggered before, and
// by one triggered from another thread meanwhile.
template <class Call>
void check_ends(Call call) {
  CHECK(call(deadline::now(), std::stop_token{}) == errc::timeout);
  CHECK(call(deadline(5ms), std::stop_token{}) == errc::timeout);
  std::stop_source before;
  before.request_stop();
  CHECK(call(deadline::never(), before.get_token()) == errc::cancelled);
  for (int i = 0; i < 20; ++i) {
    std::stop_source meanwhile;
    const std::jthread stopper([&] { meanwhile.request_stop(); });
    CHECK(call(deadline::never(), meanwhile.get_token()) == errc::cancelled);
  }
}

}  // namespace

TEST_CASE("recv ends by deadline and token") {
  for (const role r : {role::pull, role::subscriber, role::pair, role::router, role::dealer}) {
    CAPTURE(name_of(r));
    context ctx;
    socket in(ctx, r, any_endpoint(), {});
    check_ends([&](deadline until, std::stop_token stop) { return in.recv(until, stop).code(); });
  }
}

TEST_CASE("send without a peer ends by deadline and token") {
  for (const role r : {role::push, role::pair, role::dealer}) {
    CAPTURE(name_of(r));
    context ctx;
    socket out(ctx, r, any_endpoint(), {});
    message m("kept");
    check_ends([&](deadline until, std::stop_token stop) { return out.send(m, until, stop).code(); });
    CHECK(m.text() == "kept");
    CHECK(out.ledger().sent == 0);
  }
}

TEST_CASE("send to a peer whose queue is full ends by deadline and token") {
  couple c(role::pull, role::push, {.send_queue = 1, .receive_queue = 1, .linger = 0ms});
  const std::string big(1 << 20, 'x');
  // A slow machine may be taking what was sent before; that only shows that the queue was not full yet.
  check_ends([&](deadline until, const std::stop_token& stop) {
    errc code = errc::ok;
    while (code == errc::ok) code = c.second.send(as_bytes(big), until, stop).code();
    return code;
  });
  CHECK(take(c.first).byte_size() == big.size());
}

TEST_CASE("wait_for_peers, wait_for_subscriptions, wait and next_event end by deadline and token") {
  context ctx;
  socket out(ctx, role::publisher, any_endpoint(), {});
  check_ends([&](deadline until, std::stop_token stop) { return out.wait_for_peers(1, until, stop).code(); });
  check_ends(
      [&](deadline until, std::stop_token stop) { return out.wait_for_subscriptions(1, {}, until, stop).code(); });
  check_ends([&](deadline until, std::stop_token stop) { return out.next_event(until, stop).code(); });
  socket in(ctx, role::pull, any_endpoint(), {});
  check_ends([&](deadline until, std::stop_token stop) { return in.wait(events::readable, until, stop).code(); });
}

TEST_CASE("call, a replier's recv and a poller end by deadline and token") {
  context ctx;
  raw_requester silent(ctx, {.bind = any_endpoint()});
  std::stop_source before;
  before.request_stop();
  CHECK(silent.call("anybody?", 20ms).code() == errc::no_peer);
  CHECK(silent.call("anybody?", deadline::never(), before.get_token()).code() == errc::cancelled);
  CHECK(silent.in_flight() == 0);

  raw_replier idle(ctx, {.bind = any_endpoint()});
  check_ends([&](deadline until, std::stop_token stop) { return idle.recv(until, stop).code(); });

  socket in(ctx, role::pull, any_endpoint(), {});
  poller all;
  all.add(in, events::readable, [](events) {});
  check_ends([&](deadline until, std::stop_token stop) {
    const auto ran = all.poll(until, stop);
    return ran ? errc::timeout : ran.code();
  });
}

TEST_CASE("serve and run end by token") {
  context ctx;
  for (const int workers : {1, 3}) {
    raw_replier idle(ctx, {.bind = any_endpoint(), .workers = workers});
    std::stop_source stop;
    const std::jthread stopper([&] { stop.request_stop(); });
    CHECK(idle.serve([](message m) -> result<message> { return m; }, stop.get_token()).code() == errc::ok);
  }
  poller all;
  std::stop_source stop;
  const std::jthread stopper([&] { stop.request_stop(); });
  all.run(stop.get_token());
}

TEST_CASE("try_recv and try_send would block where the others would wait") {
  context ctx;
  socket in(ctx, role::pull, any_endpoint(), {});
  socket out(ctx, role::push, any_endpoint(), {});
  message m("kept");
  CHECK(in.try_recv(m) == errc::would_block);
  m = message("kept");
  CHECK(out.try_send(m) == errc::would_block);
  CHECK(m.text() == "kept");
}

TEST_CASE("waiting for peers that come succeeds, and says how many there are when it does not") {
  couple c(role::pull, role::push);
  CHECK(c.first.wait_for_peers(1, deadline::now()).code() == errc::ok);
  const auto two = c.first.wait_for_peers(2, 5ms);
  CHECK(two.code() == errc::timeout);
  CHECK(mentions(two.error().message(), "have 1"));
}

TEST_CASE("a thread that waits to receive is woken by a message") {
  couple c(role::pull, role::push);
  for (int i = 0; i < 100; ++i) {
    std::jthread sender([&] { (void)c.second.send(message(std::to_string(i)), patience); });
    REQUIRE(take(c.first).text() == std::to_string(i));
  }
}

TEST_CASE("a thread that waits for room is woken when the peer reads") {
  couple c(role::pull, role::push, {.send_queue = 1, .receive_queue = 1, .linger = 0ms});
  const std::string big(1 << 18, 'x');
  constexpr int count = 100;
  std::jthread reader([&] {
    for (int i = 0; i < count; ++i) (void)c.first.recv(patience);
  });
  for (int i = 0; i < count; ++i) REQUIRE(c.second.send(as_bytes(big), patience).code() == errc::ok);
}

}  // namespace wye::test
