#include <wye/batch.hpp>

#include <algorithm>
#include <thread>

#include "support/marry.hpp"
#include "support/thorough.hpp"

namespace wye::test {

using namespace std::chrono_literals;

namespace {

constexpr int many = 3000;
const std::string too_large_for_a_batch(20'000, 'x');

socket_options gathering() { return {.send_queue = 10'000, .receive_queue = 10'000, .batch = batching::usual()}; }

void expect_in_order(socket& from, int count, int first = 0) {
  for (int i = first; i < first + count; ++i) {
    const message got = take(from);
    REQUIRE(got.text() == std::to_string(i));
  }
}

// As fast as it can: what is load to a socket that gathers.
void flood(socket& to, int count, int first = 0) {
  for (int i = first; i < first + count; ++i) say(to, std::to_string(i));
}

// Where a full queue is load, however slow the machine.
socket_options short_of_room(overflow then = {}) {
  return {.send_queue = 96, .receive_queue = 96, .overflow = then, .batch = {64 << 10, 1s}};
}

// The most messages that came at once while two batches full were sent behind a full queue: again until some did, as
// the word that batches are read may come late. Each message begins with the frames `before`.
std::size_t largest_batch(socket& from, socket& to, const message& before) {
  const deadline until(patience);
  std::size_t largest = 0;
  const auto with = [&](std::string_view body) {
    message m(before);
    m.push_back(frame::copy_of(body));
    return m;
  };
  const auto receive = [&](std::size_t left) {
    message m;
    for (batch::contents what; left > 0 && !until.passed();) {
      if (to.try_recv(m, what) != errc::ok) continue;
      left -= std::max<std::size_t>(what.messages, 1);
      largest = std::max(largest, what.messages);
    }
  };
  while (largest < 2 && !until.passed()) {
    std::size_t sent = 0;
    for (message m = with(too_large_for_a_batch); from.try_send(m) == errc::ok; m = with(too_large_for_a_batch)) ++sent;
    receive(sent);
    for (int i = 0; i < 12; ++i) give(from, with("body"));
    receive(12);
  }
  return largest;
}

}  // namespace

TEST_CASE("batches: each message arrives once, in order, and counts as itself on both sides") {
  couple c(role::pull, role::push, {}, gathering());
  std::jthread reader([&] { expect_in_order(c.first, many); });
  flood(c.second, many);
  reader.join();
  CHECK(c.second.ledger().sent == many);
  CHECK(c.first.ledger().received == many);
  CHECK(c.first.ledger().received_bytes == c.second.ledger().sent_bytes);
  CHECK(c.first.ledger().dropped_total() == 0);
}

TEST_CASE("batches: a sender that goes on to other things leaves nothing behind") {
  couple c(role::pull, role::push, {}, gathering());
  for (int round = 0; round < 20; ++round) {
    flood(c.second, 100, round * 100);
    expect_in_order(c.first, 100, round * 100);  // nobody calls c.second meanwhile
  }
}

TEST_CASE("batches: close sends what waits") {
  couple c(role::pull, role::push, {}, gathering());
  flood(c.second, 500);
  REQUIRE(c.second.close(patience).has_value());
  expect_in_order(c.first, 500);
}

TEST_CASE("batches: receiving and waiting send what waits") {
  couple c(role::pair, role::pair, gathering(), gathering());
  for (int i = 0; i < 200; ++i) {
    say(c.first, "to and fro");
    REQUIRE(take(c.second).text() == "to and fro");
    say(c.second, "and fro");
    REQUIRE(take(c.first).text() == "and fro");
  }
}

TEST_CASE("batches: messages of several frames, empty ones and large ones keep their shape and order") {
  couple c(role::pull, role::push, {}, gathering());
  std::vector<message> all;
  const std::string large(20'000, 'L');
  for (int i = 0; i < 300; ++i) {
    all.push_back(message(std::to_string(i)));
    all.push_back(message{"", std::to_string(i), "", std::string(100, 'x')});
    all.push_back(message(std::string_view()));
    if (i % 50 == 0) all.push_back(message(large));
  }
  std::jthread reader([&] {
    for (const message& expected : all) REQUIRE(take(c.first) == expected);
  });
  for (const message& m : all) give(c.second, m);
}

TEST_CASE("batches: a body that looks like a batch arrives as it is, gathered or not") {
  for (const socket_options& options : {socket_options{}, gathering()}) {
    couple c(role::pull, role::push, {}, options);
    const std::string looks_like_one = std::string(batch::marker) + "and more";
    std::jthread reader([&] {
      for (int i = 0; i < 100; ++i) REQUIRE(take(c.first).text() == looks_like_one);
    });
    for (int i = 0; i < 100; ++i) say(c.second, looks_like_one);
  }
}

TEST_CASE("batches: what comes from a sender that gathers and one that does not, each in its order") {
  couple c(role::pull, role::push, {}, gathering());
  socket plain(c.ctx, role::push);
  plain.connect(c.at());
  std::jthread one([&] { flood(c.second, many); });
  std::jthread two([&] {
    for (int i = 0; i < many; ++i) say(plain, "p" + std::to_string(i));
  });
  int gathered = 0, alone = 0;
  for (int i = 0; i < 2 * many; ++i) {
    const message got = take(c.first);
    if (got.text().starts_with('p')) REQUIRE(got.text() == "p" + std::to_string(alone++));
    else REQUIRE(got.text() == std::to_string(gathered++));
  }
}

TEST_CASE("batches: a message above max_message is refused alone") {
  socket_options small = gathering();
  small.max_message = 2000;
  couple c(role::pull, role::push, {}, small);
  flood(c.second, 100);
  CHECK(c.second.send(message(std::string(2001, 'x')), patience).code() == errc::too_large);
  flood(c.second, 100, 100);
  expect_in_order(c.first, 200);
}

TEST_CASE("batches: a socket that gathers may be handed to another thread between calls") {
  couple c(role::pull, role::push, {}, gathering());
  std::jthread reader([&] { expect_in_order(c.first, 2000); });
  for (int round = 0; round < 10; ++round) std::jthread([&] { flood(c.second, 200, round * 200); }).join();
}

TEST_CASE("batches: the flusher is no concurrent user") {
  couple c(role::pull, role::push, {}, gathering());
  std::jthread reader([&] { expect_in_order(c.first, 20'000); });
  for (int i = 0; i < 20'000; ++i) {
    say(c.second, std::to_string(i));  // fails on errc::concurrent_use
    if (i % 40 == 39) std::this_thread::yield();
  }
}

TEST_CASE("batches: a publisher's filters hold for each message") {
  couple c(role::publisher, role::subscriber, gathering(), {});  // subscribed to everything
  socket some(c.ctx, role::subscriber);
  some.subscribe(as_bytes("b.")).value();
  some.connect(c.at());
  marry(some);
  REQUIRE(c.first.wait_for_subscriptions(2, as_bytes("b.1"), patience).has_value());
  for (int round = 0; round < 30; ++round) {  // few enough that no queue is ever full
    const auto all = [&](auto what) {
      for (int i = 0; i < 10; ++i) what(std::to_string(10 * round + i));
    };
    all([&](const std::string& n) {
      for (const char* topic : {"a.1", "b.1", "b.2", "c"}) give(c.first, message{topic, n});
    });
    all([&](const std::string& n) {
      for (const char* topic : {"b.1", "b.2"}) REQUIRE(take(some) == message{topic, n});
    });
    all([&](const std::string& n) {
      for (const char* topic : {"a.1", "b.1", "b.2", "c"}) REQUIRE(take(c.second) == message{topic, n});
    });
  }
}

TEST_CASE("batches: a publisher sends them where it knows that its subscribers read them") {
  if (on_engine("nng")) SKIP("overflow::block is refused there");
  couple c(role::publisher, role::subscriber, short_of_room(overflow::block), short_of_room());
  CHECK(largest_batch(c.first, c.second, {"topic"}) == 6);
}

TEST_CASE("batches: a publisher that drops sends them where it knows that its subscribers read them") {
  if (!thorough) SKIP("a sanitized sender is too slow to be load");
  couple c(role::publisher, role::subscriber, gathering(), gathering());
  bool gathered = false;
  for (const deadline until(patience); !gathered && !until.passed();) {
    for (int i = 0; i < 200; ++i) give(c.first, message{"topic", "body"});
    for (int left = 200; left > 0;) {
      batch::contents what;
      message m;
      if (c.second.try_recv(m, what) != errc::ok) continue;
      left -= static_cast<int>(std::max<std::size_t>(what.messages, 1));
      gathered = gathered || what.messages > 1;
    }
  }
  CHECK(gathered);
}

TEST_CASE("batches: pair, dealer and router send them to a peer that they have heard") {
  SUBCASE("pair") {
    couple c(role::pair, role::pair, short_of_room(), short_of_room());
    say(c.second, "hello");
    (void)take(c.first);
    CHECK(largest_batch(c.first, c.second, {}) == 6);
  }
  SUBCASE("dealer and router") {
    couple c(role::router, role::dealer, short_of_room(), short_of_room());
    say(c.second, "hello");
    const message hello = take(c.first);
    CHECK(largest_batch(c.first, c.second, {hello.front()}) == 6);
    CHECK(largest_batch(c.second, c.first, {}) == 6);
  }
}

TEST_CASE("batches: subscriptions and their events are the user's own") {
  couple c(role::publisher, role::subscriber, gathering(), {});
  const auto all = c.first.subscriptions();
  if (!all) SKIP("the engine's publishers do not know them");
  CHECK(*all == 1);
  CHECK(next(c.first, socket_event::kind::subscribed).topic.empty());
  REQUIRE(c.second.subscribe(as_bytes("x")).has_value());
  CHECK(next(c.first, socket_event::kind::subscribed).topic == "x");
  REQUIRE(c.first.wait_for_subscriptions(2, as_bytes("xy"), patience).has_value());
}

TEST_CASE("batches: many requests in flight between dealer and router, each with its answer") {
  couple c(role::router, role::dealer, gathering(), gathering());
  std::jthread server([&] {
    for (int i = 0; i < many; ++i) give(c.first, take(c.first));
  });
  std::jthread client([&] { flood(c.second, many); });
  client.join();
  expect_in_order(c.second, many);
}

TEST_CASE("batches: nobody there is still nobody there") {
  context ctx;
  socket out(ctx, role::push, gathering());
  out.connect(known_endpoint());
  CHECK(out.send(message("x"), 10ms).code() == errc::timeout);
  CHECK(out.ledger().sent == 0);
}

TEST_CASE("batches: a queue holds at most send_queue messages, however they are gathered") {
  socket_options small = gathering();
  small.send_queue = 160;
  small.linger = 0ms;
  couple c(role::pull, role::push, {.receive_queue = 1}, small);
  if (!on("inproc") || !on_engine("zmq")) SKIP("the kernel's buffers hold more");
  int accepted = 0;
  while (c.second.send(message("x"), 20ms)) ++accepted;
  CHECK(accepted <= 160 + 10);  // ZeroMQ's inproc adds the receiver's queue of one: one batch
}

TEST_CASE("batches: what linger gives up is counted message by message") {
  if (on("ws")) SKIP("NNG may not tell on ws that a peer went");
  socket_options small = gathering();
  small.send_queue = 1600;
  couple c(role::pull, role::push, {.receive_queue = 1}, small);
  std::uint64_t sent = 0, got = 0;
  while (c.second.send(message(std::string(1000, 'x')), 20ms)) ++sent;
  (void)c.second.close(50ms);
  while (c.first.peer_count() > 0)
    if (c.first.recv(5ms)) ++got;
  while (c.first.recv(deadline::now())) ++got;
  const ledger told = c.second.ledger();
  CHECK(told.sent == sent);
  if (on_engine("nng")) CHECK(got + told[drop_reason::linger_expired] == sent);
  else CHECK(got + told[drop_reason::linger_expired] + told.at_risk >= sent);
}

TEST_CASE("batches: what was queued for a puller that vanished goes to the next, whole and in order") {
  if (on("ws")) SKIP("NNG may not tell on ws that a peer went");
  couple c(role::push, role::pull, gathering(), {.receive_queue = 1});
  int sent = 0;
  while (c.first.send(message(std::to_string(sent) + std::string(500, 'x')), 20ms)) ++sent;
  (void)c.second.close(0ms);
  next(c.first, socket_event::kind::peer_down);
  socket other(c.ctx, role::pull);
  other.connect(c.at());
  say(c.first, "end");
  int before = -1;
  std::uint64_t got = 0;
  for (message m = take(other); m.text() != "end"; m = take(other), ++got) {
    const int number = std::stoi(std::string(m.text()));
    REQUIRE(number > before);
    before = number;
  }
  const ledger told = c.first.ledger();
  CHECK(told.sent == static_cast<std::uint64_t>(sent) + 1);
  CHECK(got <= static_cast<std::uint64_t>(sent));
  if (on_engine("zmq")) CHECK(told.at_risk + got > 0);
}

TEST_CASE("batches: the endpoint may ask for them") {
  context ctx;
  socket in(ctx, role::pull), out(ctx, role::push);
  in.bind(any_endpoint());
  out.connect(in.bound().front().str() + "?batch=4096,100us");
  CHECK(out.options().batch == batching{.max_bytes = 4096, .max_delay = 100us});
  marry(in, out);
  std::jthread reader([&] { expect_in_order(in, many); });
  flood(out, many);
}

}  // namespace wye::test
