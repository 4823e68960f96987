#include <wye/pubsub.hpp>

#include "support/marry.hpp"

namespace wye::test {

using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

struct station {
  explicit station(std::vector<std::string> topics)
      : out(ctx, {.bind = any_endpoint()}), in(ctx, {.connect = out.bound().front(), .topics = std::move(topics)}) {
    marry(in.core());
    wait_for_interest();
  }
  void wait_for_interest() { REQUIRE(out.wait_for_subscribers(1, patience).has_value()); }
  void publish(std::initializer_list<std::string> topics) {
    for (const auto& t : topics) REQUIRE(out.send(t, "on " + t, patience).has_value());
  }
  std::string next_topic() {
    auto got = in.recv(patience);
    REQUIRE(got.has_value());
    CHECK(got->body == "on " + got->topic);
    return got->topic;
  }

  context ctx;
  publisher<std::string> out;
  subscriber<std::string> in;
};

bool knows_interest(const context& ctx) { return ctx.find(engine_under_test())->can().interest; }

}  // namespace

TEST_CASE("a subscriber gets the topics that begin with one of its prefixes, and no others") {
  station s({"weather.", "fx.eur"});
  s.publish({"weather", "weather.berlin", "fx.usd", "fx.eurusd", "fx.eu", "", "weather."});
  CHECK(s.next_topic() == "weather.berlin");
  CHECK(s.next_topic() == "fx.eurusd");
  CHECK(s.next_topic() == "weather.");
}

TEST_CASE("the empty prefix is everything, the empty topic included") {
  station s({""});
  s.publish({"", "a", "b"});
  CHECK(s.next_topic() == "");
  CHECK(s.next_topic() == "a");
  CHECK(s.next_topic() == "b");
}

TEST_CASE("the topic alone decides, also when the body would complete a prefix") {
  station s({"fx.eur"});
  REQUIRE(s.out.send("fx.eu", "r and more", patience).has_value());
  s.publish({"fx.eurusd"});
  CHECK(s.next_topic() == "fx.eurusd");
}

TEST_CASE("topics are bytes: zeros and high bytes match like any other") {
  station s({"\0\1"s, "\xff"s});
  s.publish({"\0"s, "\0\1x"s, "\0\2"s, "\xff\xfe"s, "\xfe"s, "\0\1"s});
  CHECK(s.next_topic() == "\0\1x"s);
  CHECK(s.next_topic() == "\xff\xfe"s);
  CHECK(s.next_topic() == "\0\1"s);
}

TEST_CASE("without a topic nothing arrives; what is subscribed later does") {
  context ctx;
  publisher<std::string> out(ctx, {.bind = any_endpoint()});
  subscriber<std::string> in(ctx, {.connect = out.bound().front()});
  REQUIRE(out.wait_for_peers(1, patience).has_value());
  REQUIRE(out.send("a", "unheard").has_value());
  REQUIRE(in.subscribe("b").has_value());
  REQUIRE(out.wait_for_subscribers(1, patience).has_value());
  REQUIRE(out.send("a", "unheard").has_value());
  REQUIRE(out.send("b", "heard").has_value());
  auto got = in.recv(patience);
  REQUIRE(got.has_value());
  CHECK(got->body == "heard");
}

TEST_CASE("subscribing twice is once, and after unsubscribing nothing more of it arrives") {
  station s({"a", "b"});
  if (knows_interest(s.ctx)) REQUIRE(s.out.wait_for_subscribers("b", 1, patience).has_value());
  REQUIRE(s.in.subscribe("a").has_value());
  REQUIRE(s.in.unsubscribe("a").has_value());
  REQUIRE(s.in.unsubscribe("a").has_value());
  REQUIRE(s.in.unsubscribe("never had it").has_value());
  while (s.out.subscribers("a").value_or(0) > 0) (void)s.out.next_event(patience);
  s.publish({"a1", "b1"});
  CHECK(s.next_topic() == "b1");
}

TEST_CASE("overlapping prefixes deliver a message once") {
  station s({"a", "ab", "abc"});
  if (knows_interest(s.ctx)) REQUIRE(s.out.wait_for_subscribers("abc", 3, patience).has_value());
  s.publish({"abcd", "last: a"});
  CHECK(s.next_topic() == "abcd");
  s.publish({"az"});
  CHECK(s.next_topic() == "az");
}

TEST_CASE("the number of subscriptions is known in all and by topic, or said to be unknowable") {
  context ctx;
  publisher<std::string> out(ctx, {.bind = any_endpoint()});
  if (!knows_interest(ctx)) {
    CHECK_FALSE(out.subscribers("a").has_value());
    MESSAGE("skipped: " << engine_under_test()
                        << " does not tell a publisher its subscriptions; that it says so was checked");
    return;
  }
  CHECK(out.subscribers("a") == 0);
  subscriber<std::string> one(ctx, {.connect = out.bound().front(), .topics = {"a", "b"}});
  subscriber<std::string> two(ctx, {.connect = out.bound().front(), .topics = {"a.x"}});
  REQUIRE(out.wait_for_subscribers(3, patience).has_value());
  CHECK(out.subscribers("a.xy") == 2);
  CHECK(out.subscribers("a.y") == 1);
  CHECK(out.subscribers("c") == 0);
  CHECK(out.core().subscriptions() == 3);
  CHECK(next(out.core(), socket_event::kind::subscribed).topic.size() > 0);
  REQUIRE(one.close().has_value());
  for (int i = 0; i < 2; ++i) next(out.core(), socket_event::kind::unsubscribed);
  CHECK(out.core().subscriptions() == 1);
  CHECK(out.subscribers("a.x") == 1);
}

TEST_CASE("waiting for the subscribers of a topic ends when they are there: the first message is not lost") {
  for (int i = 0; i < 20; ++i) {
    context ctx;
    publisher<std::string> out(ctx, {.bind = any_endpoint()});
    subscriber<std::string> in(ctx, {.connect = out.bound().front(), .topics = {"topic"}});
    REQUIRE(out.wait_for_subscribers("topic", 1, patience).has_value());
    REQUIRE(out.send("topic", "the very first").has_value());
    auto got = in.recv(patience);
    REQUIRE(got.has_value());
    CHECK(got->body == "the very first");
  }
}

TEST_CASE("every subscriber gets every message") {
  context ctx;
  publisher<std::string> out(ctx, {.bind = any_endpoint()});
  std::vector<subscriber<std::string>> all;
  for (int i = 0; i < 5; ++i) all.emplace_back(ctx, subscriber_options{.connect = out.bound().front(), .topics = {""}});
  REQUIRE(out.wait_for_subscribers(5, patience).has_value());
  for (int i = 0; i < 50; ++i) REQUIRE(out.send("t", std::to_string(i)).has_value());
  for (auto& in : all)
    for (int i = 0; i < 50; ++i) {
      auto got = in.recv(patience);
      REQUIRE(got.has_value());
      REQUIRE(got->body == std::to_string(i));
    }
}

TEST_CASE("subscribers may bind and publishers connect") {
  context ctx;
  subscriber<std::string> in(ctx, {.bind = any_endpoint(), .topics = {"a"}});
  publisher<std::string> one(ctx, {.connect = in.bound().front()}), two(ctx, {.connect = in.bound().front()});
  marry(one.core(), two.core(), in.core());
  REQUIRE(one.send("a", "from one").has_value());
  CHECK(in.recv(patience)->body == "from one");
  REQUIRE(two.send("a", "from two").has_value());
  CHECK(in.recv(patience)->body == "from two");
}

TEST_CASE("publishing to nobody succeeds and is nobody's loss") {
  context ctx;
  publisher<std::string> out(ctx, {.bind = any_endpoint()});
  for (int i = 0; i < 100; ++i) CHECK(out.send("t", "x", deadline::now()).has_value());
  CHECK(out.ledger()[drop_reason::queue_full] == 0);
}

TEST_CASE("only a subscriber can subscribe, and a publisher does not receive") {
  couple c(role::pull, role::push);
  CHECK(c.first.subscribe({}).code() == errc::not_supported);
  CHECK(c.first.unsubscribe({}).code() == errc::not_supported);
  context ctx;
  socket out(ctx, role::publisher, any_endpoint(), {});
  CHECK(out.recv(deadline::now()).code() == errc::not_supported);
}

TEST_CASE("samples come as a range until the socket is told to stop") {
  station s({""});
  s.publish({"a", "b", "c"});
  std::stop_source stop;
  std::string seen;
  for (auto& [topic, body] : s.in.until(stop.get_token())) {
    seen += topic;
    if (topic == "c") stop.request_stop();
  }
  CHECK(seen == "abc");
}

}  // namespace wye::test
