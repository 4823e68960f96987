#include <wye/devices/forwarder.hpp>

#include "running.hpp"

using namespace wye;
using namespace wye::test;

namespace {

device_options between(const way& w) { return {.frontend = w.front, .backend = w.back}; }

// Publishes until the subscriber hears it: interest needs a moment to travel through a forwarder.
void marry(publisher<>& pub, subscriber<>& sub, std::string_view topic) {
  const deadline until = patience;
  for (result<sample<message>> got = errc::timeout; !got;) {
    REQUIRE_FALSE(until.passed());
    pub.send(topic, message("hello"), 0ms).value();
    got = sub.recv(5ms);
  }
}

// Taking an event makes the publisher look at its subscriptions.
std::optional<std::size_t> subscribers(publisher<>& pub, std::string_view topic) {
  (void)pub.next_event();
  return pub.subscribers(topic);
}

// The next body that is no hello.
std::string next_body(subscriber<>& sub) {
  for (;;) {
    const auto got = sub.recv(patience);
    REQUIRE(got);
    if (got->body.text() != "hello") return got->topic + "=" + std::string(got->body.text());
  }
}

}  // namespace

TEST_CASE("a forwarder passes what is subscribed to, on every way") {
  for (const way& w : all_ways) {
    CAPTURE(w.front);
    CAPTURE(w.back);
    context ctx;
    forwarder d(ctx, {.common = between(w)});
    running run(d);
    publisher<> pub(ctx, {.connect = d.bound("frontend")});
    subscriber<> sub(ctx, {.connect = d.bound("backend"), .topics = {"fx"}});
    marry(pub, sub, "fx");
    pub.send("other", message("0")).value();
    pub.send("fx.eur", message("1")).value();
    CHECK(next_body(sub) == "fx.eur=1");
    CHECK(run.finish());
  }
}

TEST_CASE("what nobody wants is not even asked for (ZeroMQ)") {
  context ctx;
  forwarder d(ctx, {.common = between(zmq_tcp)});
  running run(d);
  publisher<> pub(ctx, {.connect = d.bound("frontend")});
  pub.wait_for_peers(1, patience).value();
  CHECK(pub.subscribers("fx") == 0);
  {
    subscriber<> one(ctx, {.connect = d.bound("backend"), .topics = {"fx"}});
    subscriber<> two(ctx, {.connect = d.bound("backend"), .topics = {"fx", "news"}});
    pub.wait_for_subscribers("news", 1, patience).value();
    pub.wait_for_subscribers("fx", 1, patience).value();
    CHECK(pub.subscribers("fx") == 1);  // once, for both
    CHECK(pub.subscribers("weather") == 0);
    CHECK(d.statistics().details.at("topics") == 2);
    two.unsubscribe("fx").value();
    two.unsubscribe("news").value();
    CHECK(eventually([&] { return subscribers(pub, "news") == 0; }));
    CHECK(pub.subscribers("fx") == 1);
  }
  CHECK(eventually([&] { return subscribers(pub, "fx") == 0; }));
  CHECK(d.statistics().details.at("topics") == 0);
}

TEST_CASE("interest beyond the bound lets too much through, never too little") {
  context ctx;
  forwarder d(ctx, {.common = between(zmq_tcp), .max_topics = 1});
  running run(d);
  publisher<> pub(ctx, {.connect = d.bound("frontend")});
  subscriber<> sub(ctx, {.connect = d.bound("backend"), .topics = {"a", "b", "c"}});
  pub.wait_for_subscribers("whatever", 1, patience).value();  // no prefix of it but "" is subscribed to
  for (const char* topic : {"x", "a", "b", "c"}) pub.send(topic, message("1")).value();
  CHECK(next_body(sub) == "a=1");
  CHECK(next_body(sub) == "b=1");
  CHECK(next_body(sub) == "c=1");
}

TEST_CASE("with last_value a new subscriber gets the newest message of each of its topics at once") {
  for (const way& w : all_ways) {
    CAPTURE(w.front);
    CAPTURE(w.back);
    context ctx;
    forwarder d(ctx, {.common = between(w), .last_value = true});
    running run(d);
    publisher<> pub(ctx, {.connect = d.bound("frontend")});
    pub.wait_for_subscribers(1, patience).value();
    for (const char* body : {"old", "new"})
      for (const char* topic : {"a.1", "a.2", "b"}) pub.send(topic, message(body)).value();
    CHECK(eventually([&] { return d.statistics().forward.passed == 6; }));
    subscriber<> late(ctx, {.connect = d.bound("backend"), .topics = {"a"}});
    CHECK(next_body(late) == "a.1=new");
    CHECK(next_body(late) == "a.2=new");
    CHECK(d.statistics().details.at("cached") == 3);
  }
}

TEST_CASE("a whole cache reaches a new subscriber, also a large one (ZeroMQ)") {
  context ctx;
  forwarder d(ctx, {.common = between(zmq_tcp), .last_value = true});
  running run(d);
  publisher<> pub(ctx, {.connect = d.bound("frontend"), .socket = {.overflow = overflow::block}});
  pub.wait_for_subscribers(1, patience).value();
  constexpr int topics = 20000;
  for (int i = 0; i < topics; ++i) pub.send(std::to_string(i), message("v"), patience).value();
  CHECK(eventually([&] { return d.statistics().details.at("cached") == topics; }));
  subscriber<> late(ctx, {.connect = d.bound("backend"), .topics = {""}});
  for (int i = 0; i < topics; ++i) REQUIRE(late.recv(patience));
}
