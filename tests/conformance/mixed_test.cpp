// One socket with endpoints of two engines: that of the transport under test, and another.
#include <thread>

#include <wye/poller.hpp>
#include <wye/reqrep.hpp>

#include "support/marry.hpp"

namespace wye::test {

using namespace std::chrono_literals;

namespace {

std::string elsewhere() { return on_engine("zmq") ? "nng+tcp://127.0.0.1:0" : "tcp://127.0.0.1:0"; }

// One that is bound to both engines, and a peer over each.
struct trio {
  explicit trio(role bound, role connected, const socket_options& options = {}, const socket_options& of_peers = {})
      : both(ctx, bound, options), here(ctx, connected, of_peers), there(ctx, connected, of_peers) {
    if (connected == role::subscriber) here.subscribe({}).value(), there.subscribe({}).value();
    if (bound == role::subscriber) both.subscribe({}).value();
    here.connect(both.bind(any_endpoint()).str());
    there.connect(both.bind(elsewhere()).str());
    marry(here, there);
    wait_for_both();
  }
  void wait_for_both() {
    for (const deadline until(patience); both.peer_count() < 2;) {
      REQUIRE_FALSE(until.passed());
      (void)both.wait(events::none, deadline(5ms));
    }
  }

  context ctx;
  socket both, here, there;
};

}  // namespace

TEST_CASE("a puller with endpoints of two engines receives from peers of both, each in its order") {
  trio t(role::pull, role::push);
  CHECK(t.both.engine_name() == engine_under_test() + (on_engine("zmq") ? "+nng" : "+zmq"));
  CHECK(t.both.uses("zmq"));
  CHECK_FALSE(t.both.uses("carrier pigeon"));
  constexpr int many = 300;
  for (int i = 0; i < many; ++i) say(t.here, "h" + std::to_string(i)), say(t.there, "t" + std::to_string(i));
  int next_here = 0, next_there = 0;
  for (int i = 0; i < 2 * many; ++i) {
    const std::string text(take(t.both).text());
    REQUIRE(text.substr(1) == std::to_string(text[0] == 'h' ? next_here++ : next_there++));
  }
  CHECK(next_here == next_there);
}

TEST_CASE("a push with endpoints of two engines sends to peers of both, and to the one while the other is away") {
  trio t(role::push, role::pull);
  for (int i = 0; i < 100; ++i) say(t.both, "x");
  for (int i = 0; i < 50; ++i) take(t.here), take(t.there);
  REQUIRE(t.there.close(0ms).has_value());
  while (t.both.peer_count() > 1) next(t.both, socket_event::kind::peer_down);
  for (int in_a_row = 0; in_a_row < 20;) {
    say(t.both, "y");
    in_a_row = t.here.recv(100ms) ? in_a_row + 1 : 0;
  }
}

TEST_CASE("a router with endpoints of two engines answers each peer over its own, also when both have one name") {
  for (const char* name : {"", "twin"}) {
    trio t(role::router, role::dealer, {}, {.identity = name});
    for (int i = 0; i < 20; ++i)
      for (socket* s : {&t.here, &t.there}) {
        give(*s, {"", s == &t.here ? "here" : "there"});
        give(t.both, take(t.both));
        CHECK(take(*s) == message{"", s == &t.here ? "here" : "there"});
      }
    message to_nobody{"nobody at all", "", "hello"};
    CHECK(t.both.try_send(to_nobody) == errc::no_peer);
  }
}

TEST_CASE("answers that are late go to the peer that asked, though many asked meanwhile") {
  trio t(role::router, role::dealer);
  for (int i = 0; i < 50; ++i) give(t.here, {"", "here"}), give(t.there, {"", "there"});
  std::vector<message> questions;
  for (int i = 0; i < 100; ++i) questions.push_back(take(t.both));
  for (message& m : questions) give(t.both, std::move(m));
  for (int i = 0; i < 50; ++i) {
    CHECK(take(t.here)[1].text() == "here");
    CHECK(take(t.there)[1].text() == "there");
  }
}

TEST_CASE("a dealer with endpoints of two engines asks routers of both") {
  trio t(role::dealer, role::router);
  for (int i = 0; i < 20; ++i) give(t.both, {"", "question"});
  for (socket* s : {&t.here, &t.there})
    for (int i = 0; i < 10; ++i) give(*s, take(*s));
  for (int i = 0; i < 20; ++i) CHECK(take(t.both) == message{"", "question"});
}

TEST_CASE("a publisher with endpoints of two engines publishes to subscribers of both") {
  trio t(role::publisher, role::subscriber);
  if (t.both.uses("nng")) CHECK(t.both.subscriptions() == std::nullopt);  // it knows none
  for (const deadline until(patience); !until.passed();) {                // a subscription may be on its way
    give(t.both, {"news", "are you there?"});
    if (t.here.recv(50ms) && t.there.recv(50ms)) break;
  }
  give(t.both, {"news", "the end"});
  for (socket* s : {&t.here, &t.there})
    while (take(*s)[1].text() != "the end") {
    }
}

TEST_CASE("a subscriber's topics hold on all its engines, on one that comes later, too") {
  context ctx;
  socket here(ctx, role::publisher, any_endpoint(), {}), there(ctx, role::publisher, elsewhere(), {});
  socket sub(ctx, role::subscriber);
  REQUIRE(sub.subscribe(as_bytes("early")).has_value());
  sub.connect(here.bound().front().str());
  REQUIRE(sub.subscribe(as_bytes("later")).has_value());
  REQUIRE(sub.subscribe(as_bytes("dropped")).has_value());
  REQUIRE(sub.unsubscribe(as_bytes("dropped")).has_value());
  sub.connect(there.bound().front().str());
  marry(here, there);
  for (socket* pub : {&here, &there})
    for (const char* topic : {"early", "later"})
      for (const deadline until(patience);;) {
        REQUIRE_FALSE(until.passed());
        give(*pub, {"dropped", "x"});
        give(*pub, {topic, pub == &here ? "here" : "there"});
        if (const auto got = sub.recv(50ms); got && (*got)[0].text() == topic) break;
      }
  while (const auto got = sub.recv(50ms)) CHECK((*got)[0].text() != "dropped");
  REQUIRE(sub.unsubscribe(as_bytes("early")).has_value());
}

TEST_CASE("a requester and a replier with endpoints of two engines talk over both, and to plain ones of each") {
  context ctx;
  replier<std::string, std::string> both(ctx, {.bind = {any_endpoint(), elsewhere()}});
  const std::string here = both.bound()[0].str(), there = both.bound()[1].str();
  const std::jthread serving(
      [&](const std::stop_token& stop) { (void)both.serve([](const std::string& text) { return text + "!"; }, stop); });
  for (const endpoints& to : {endpoints(here), endpoints(there), endpoints{here, there}}) {
    requester<std::string, std::string> client(ctx, {.connect = to});
    REQUIRE(client.wait_for_peers(to.size(), patience).has_value());
    for (int i = 0; i < 10; ++i) CHECK(client.call("hello", patience).value() == "hello!");
  }
}

TEST_CASE("peers of both engines have ids and events of their own, and the ledger counts all") {
  trio t(role::pull, role::push);
  const auto peers = t.both.peers();
  REQUIRE(peers.size() == 2);
  CHECK(peers[0].id != peers[1].id);
  const auto one = next(t.both, socket_event::kind::peer_up).peer;
  const auto other = next(t.both, socket_event::kind::peer_up).peer;
  CHECK(std::minmax(one, other) == std::minmax(peers[0].id, peers[1].id));
  say(t.here, "x"), say(t.there, "y");
  take(t.both), take(t.both);
  CHECK(t.both.ledger().received == 2);
}

TEST_CASE("a poller sees messages of both engines") {
  trio t(role::pull, role::push);
  poller all;
  std::string seen;
  all.add(t.both, events::readable, [&](events) {
    message m;
    while (t.both.try_recv(m) == errc::ok) seen += m.text();
  });
  for (const char* text : {"a", "b", "c"}) {
    say(seen.size() % 2 == 0 ? t.here : t.there, text);
    REQUIRE(all.poll(patience).has_value());
  }
  CHECK(seen == "abc");
}

TEST_CASE("a wait over two engines is woken by a stop") {
  trio t(role::pull, role::push);
  std::stop_source stop;
  const std::jthread stopper([&] { stop.request_stop(); });
  CHECK(t.both.recv(patience, stop.get_token()).code() == errc::cancelled);
}

TEST_CASE("close hands over what is queued on both engines") {
  const socket_options roomy{.send_queue = 2000, .receive_queue = 2000, .linger = patience};
  trio t(role::push, role::pull, roomy, roomy);
  for (int i = 0; i < 1000; ++i) say(t.both, "x");
  std::jthread closing([&] { CHECK(t.both.close().code() == errc::ok); });
  int received = 0;
  for (const deadline until(patience); received < 1000 && !until.passed();)
    for (socket* s : {&t.here, &t.there})
      while (s->recv(1ms)) ++received;
  CHECK(received == 1000);
}

TEST_CASE("an endpoint of each engine is removed while the other goes on") {
  trio t(role::pull, role::push);
  const std::string here = t.both.bound()[0].str(), there = t.both.bound()[1].str();
  t.both.remove(there);
  say(t.here, "still here");
  CHECK(take(t.both).text() == "still here");
  CHECK(code_of([&] { t.both.remove(there); }) == errc::bad_endpoint);
  t.both.remove(here);
}

TEST_CASE("an engine that lacks the pattern is refused, and the others go on") {
  if (on_engine("zmq")) SKIP("ZeroMQ is the one that lacks some");
  couple c(role::bus, role::bus);
  std::string said;
  for (int i = 0; i < 2; ++i) {
    CHECK(code_of([&] { c.first.bind("tcp://127.0.0.1:0"); }, &said) == errc::not_supported);
    CHECK(mentions(said, "bus"));
    say(c.first, "hello");
    CHECK(take(c.second).text() == "hello");
  }
  CHECK(c.first.engine_name() == engine_under_test());
}

TEST_CASE("surveyor, respondent and bus have endpoints of several engines, where these have the pattern") {
  if (!on_engine("shm")) SKIP("for shm beside NNG");
  constexpr auto nng = "nng+tcp://127.0.0.1:0";
  context ctx;
  socket surveyor(ctx, role::surveyor, endpoints{any_endpoint(), nng}, {});
  CHECK(surveyor.recv(deadline::now()).code() == errc::wrong_state);
  socket both(ctx, role::respondent, {}, endpoints{surveyor.bound()[0].str(), surveyor.bound()[1].str()});
  REQUIRE(surveyor.wait_for_peers(2, patience).has_value());
  REQUIRE(both.wait_for_peers(2, patience).has_value());
  for (int round = 0; round < 10; ++round) {
    say(surveyor, "question");
    for (int i = 0; i < 2; ++i) give(both, take(both));
    for (int i = 0; i < 2; ++i) CHECK(take(surveyor).text() == "question");
  }
  socket bus(ctx, role::bus, endpoints{any_endpoint(), nng}, {});
  socket here(ctx, role::bus, {}, bus.bound()[0].str()), there(ctx, role::bus, {}, bus.bound()[1].str());
  REQUIRE(bus.wait_for_peers(2, patience).has_value());
  marry(here, there);
  say(bus, "to all");
  CHECK(take(here).text() == "to all");
  CHECK(take(there).text() == "to all");
  say(there, "back");
  CHECK(take(bus).text() == "back");
}

TEST_CASE("batches of one engine are opened beside plain messages of the other") {
  trio t(role::pull, role::push);
  socket gathers(t.ctx, role::push, {.batch = batching::usual()});
  gathers.connect(t.both.bound()[0].str());
  constexpr int many = 5000;
  std::jthread sending([&] {
    for (int i = 0; i < many; ++i) say(gathers, "batched");
    CHECK(gathers.close(patience).has_value());
  });
  for (int i = 0; i < 100; ++i) say(t.there, "plain");
  int batched = 0, plain = 0;
  for (int i = 0; i < many + 100; ++i) ++(take(t.both).text() == "plain" ? plain : batched);
  CHECK(batched == many);
  CHECK(plain == 100);
}

}  // namespace wye::test
