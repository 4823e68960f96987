// producer, consumer and queue_admin beside a toy device, on both engines.
#include <wye/consumer.hpp>
#include <wye/producer.hpp>
#include <wye/queue_admin.hpp>

#include "toy_device.hpp"

namespace wye::test {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 30s;  // far beyond what anything here takes
constexpr const char* places[] = {"tcp://127.0.0.1:0", "nng+tcp://127.0.0.1:0"};

// Runs a test on both engines.
#define ON_EACH_ENGINE(device)     \
  for (const char* place : places) \
    if (toy_device device(place); !device.at().empty())

std::vector<std::string> numbers(int from, int to) {
  std::vector<std::string> all;
  for (int i = from; i < to; ++i) all.push_back(std::to_string(i));
  return all;
}

std::string text_of(const delivery<message>& d) { return std::string(d.body.text()); }

}  // namespace

TEST_CASE("a put is confirmed with its sequence, and a second one of the same id is a duplicate") {
  ON_EACH_ENGINE(device) {
    context ctx;
    producer<std::string> p(ctx, {.connect = device.at(), .queue = "q"});
    CHECK(p.put("a", {}, patience).value().sequence == 1);
    CHECK_FALSE(p.put("b", {.dedup_id = "x"}, patience).value().duplicate);
    const auto again = p.put("c", {.dedup_id = "x"}, patience).value();
    CHECK(again.sequence == 2);
    CHECK(again.duplicate);
    CHECK(device.stored() == std::vector<std::string>{"a", "b"});
  }
}

TEST_CASE("thousands of sends are confirmed in order, through a small window") {
  ON_EACH_ENGINE(device) {
    context ctx;
    put_ticket next = 1;
    producer<std::string> p(
        ctx, {.connect = device.at(), .queue = "q", .window = 50, .on_outcome = [&](const put_outcome& o) {
                CHECK(o.which == next);
                CHECK(o.receipt.value().sequence == next);
                ++next;
              }});
    const auto bodies = numbers(0, 3000);
    for (const auto& b : bodies) {
      p.send(b, {}, patience).value();
      CHECK(p.unconfirmed() <= 50);
    }
    p.flush(patience).value();
    CHECK(next == 3001);
    CHECK(device.stored() == bodies);
  }
}

TEST_CASE("restarts of the device lose nothing and store nothing twice") {
  ON_EACH_ENGINE(device) {
    context ctx;
    producer<std::string> p(ctx,
                            {.connect = device.at(), .queue = "q", .window = 100, .socket = {.reconnect_max = 100ms}});
    const auto bodies = numbers(0, 1000);
    for (std::size_t i = 0; i < bodies.size(); ++i) {
      p.send(bodies[i], {}, patience).value();
      if (i % 250 == 249) device.restart();
    }
    p.flush(patience).value();
    auto stored = device.stored();
    CHECK(stored.size() == bodies.size());
    CHECK(std::set(stored.begin(), stored.end()) == std::set(bodies.begin(), bodies.end()));
  }
}

TEST_CASE("a device that falls silent is given up, and found anew") {
  ON_EACH_ENGINE(device) {
    context ctx;
    producer<std::string> p(ctx, {.connect = device.at(), .queue = "q", .silence = 50ms});
    consumer<std::string> c(ctx, {.connect = device.at(), .queue = "q", .silence = 50ms});
    p.put("a", {}, patience).value();
    CHECK(c.next(patience).value().body == "a");
    device.ignore_the_connected();
    p.put("b", {}, patience).value();
    CHECK(p.resent() >= 1);
    CHECK(device.stored() == std::vector<std::string>{"a", "b"});
    CHECK(c.next(patience).has_value());
  }
}

TEST_CASE("nobody there is no_peer, with a sentence that says what to do") {
  context ctx;
  producer<std::string> p(ctx, {.connect = "tcp://127.0.0.1:1", .queue = "q"});
  const auto put = p.put("a", {}, 50ms);
  CHECK(put.code() == errc::no_peer);
  CHECK(put.error().message().find("wye queue --bind") != std::string::npos);
  CHECK(p.unconfirmed() == 0);
  p.send("b").value();
  CHECK(p.flush(50ms).code() == errc::no_peer);
  CHECK(p.unconfirmed() == 1);
  consumer<std::string> c(ctx, {.connect = "nng+tcp://127.0.0.1:1", .queue = "q"});
  CHECK(c.next(50ms).code() == errc::no_peer);
  queue_admin a(ctx, {.connect = "tcp://127.0.0.1:1"});
  CHECK(a.stat("q", 50ms).code() == errc::no_peer);
}

TEST_CASE("a stop token ends the waiting") {
  context ctx;
  std::stop_source stop;
  stop.request_stop();
  producer<std::string> p(ctx, {.connect = "tcp://127.0.0.1:1", .queue = "q"});
  CHECK(p.put("a", {}, deadline::never(), stop.get_token()).code() == errc::cancelled);
  consumer<std::string> c(ctx, {.connect = "tcp://127.0.0.1:1", .queue = "q"});
  CHECK(c.next(deadline::never(), stop.get_token()).code() == errc::cancelled);
}

TEST_CASE("what does not keep the bounds is refused at once") {
  context ctx;
  producer<> p(ctx, {.connect = "tcp://127.0.0.1:1", .queue = "q", .socket = {.max_message = 1000}});
  CHECK(p.send(message(std::string(900, 'x'))).code() == errc::too_large);
  CHECK(p.send(message()).code() == errc::malformed);
  CHECK(p.send("a", {.priority = 10}).code() == errc::malformed);
  CHECK(p.send("a", {.group = std::string(256, 'g')}).code() == errc::malformed);
  CHECK(p.send("a", {.ttl = -1ms}).code() == errc::malformed);
  CHECK_THROWS_AS(producer<>(ctx, {.connect = "tcp://127.0.0.1:1", .queue = ""}), error);
  CHECK_THROWS_AS(producer<>(ctx, {.connect = "tcp://127.0.0.1:1", .queue = "a\n"}), error);
  CHECK_THROWS_AS(consumer<>(ctx, {.connect = "tcp://127.0.0.1:1", .queue = "q", .lease = 1ms}), error);
  CHECK_THROWS_AS(consumer<>(ctx, {.connect = "tcp://127.0.0.1:1", .queue = "q", .prefetch = 0}), error);
}

TEST_CASE("messages come with what was said of them, and are acknowledged") {
  ON_EACH_ENGINE(device) {
    context ctx;
    producer<> p(ctx, {.connect = device.at(), .queue = "q"});
    const message_properties said{
        .dedup_id = "id\n", .priority = 3, .group = "g", .headers = {{"k", "v"}}, .reply_to = "r", .correlation = "c"};
    p.put(message{"two", "frames"}, said, patience).value();
    consumer<> c(ctx, {.connect = device.at(), .queue = "q"});
    auto got = c.next(patience).value();
    CHECK(got.body == message{"two", "frames"});
    CHECK(got.info.properties == said);
    CHECK_FALSE(got.redelivered());
    got.ack().value();
    CHECK(got.ack().code() == errc::wrong_state);
    c.flush(patience).value();
    CHECK(device.acked() == 1);
    CHECK(c.stale() == 0);
  }
}

TEST_CASE("thousands are fetched, acknowledged in batches, each once") {
  ON_EACH_ENGINE(device) {
    context ctx;
    producer<std::string> p(ctx, {.connect = device.at(), .queue = "q"});
    const auto bodies = numbers(0, 2000);
    for (const auto& b : bodies) p.send(b, {}, patience).value();
    p.flush(patience).value();
    consumer<std::string> c(ctx, {.connect = device.at(), .queue = "q", .prefetch = 64});
    for (const auto& b : bodies) {
      auto got = c.next(patience).value();
      CHECK(got.body == b);
      got.ack().value();
    }
    c.close(patience).value();
    CHECK(device.acked() == bodies.size());
  }
}

TEST_CASE("when the last message in hand is acknowledged, all acknowledgements go without another call") {
  ON_EACH_ENGINE(device) {
    context ctx;
    producer<> p(ctx, {.connect = device.at(), .queue = "q"});
    for (const auto& b : numbers(0, 60)) p.send(message(b), {}, patience).value();
    p.flush(patience).value();
    consumer<> c(ctx, {.connect = device.at(), .queue = "q", .limit = 60});
    std::vector<delivery<message>> in_hand;
    while (in_hand.size() < 60) in_hand.push_back(c.next(patience).value());
    for (auto& d : in_hand) d.ack().value();
    const deadline until(patience);
    while (device.acked() < 60 && !until.passed()) std::this_thread::yield();  // without another call
    CHECK(device.acked() == 60);
  }
}

TEST_CASE("a nack brings it back with the next attempt, a reject to the dead, an extension is answered") {
  ON_EACH_ENGINE(device) {
    context ctx;
    producer<> p(ctx, {.connect = device.at(), .queue = "q"});
    p.put("a", {}, patience).value();
    consumer<> c(ctx, {.connect = device.at(), .queue = "q"});
    auto first = c.next(patience).value();
    first.extend(1s, patience).value();
    first.nack().value();
    auto second = c.next(patience).value();
    CHECK(second.info.attempt == 2);
    CHECK(second.redelivered());
    second.reject("poison").value();
    c.flush(patience).value();
    CHECK(device.reasons_of_the_dead() == std::vector<std::string>{"poison"});
  }
}

TEST_CASE("a body that is not of the type is rejected, and the next one comes") {
  toy_device device(places[0]);
  context ctx;
  producer<> p(ctx, {.connect = device.at(), .queue = "q"});
  p.put(message{"two", "frames"}, {}, patience).value();
  p.put("fine", {}, patience).value();
  consumer<std::string> c(ctx, {.connect = device.at(), .queue = "q"});
  CHECK(c.next(patience).code() == errc::malformed);
  CHECK(c.next(patience).value().body == "fine");
  c.flush(patience).value();
  CHECK(device.reasons_of_the_dead().size() == 1);
}

TEST_CASE("with a restart of the device leases turn stale, and everything comes again") {
  ON_EACH_ENGINE(device) {
    context ctx;
    producer<> p(ctx, {.connect = device.at(), .queue = "q"});
    for (const auto& b : numbers(0, 10)) p.send(message(b), {}, patience).value();
    p.flush(patience).value();
    std::vector<std::uint64_t> late;
    consumer<> c(ctx, {.connect = device.at(), .queue = "q", .on_stale = [&](std::uint64_t s) { late.push_back(s); }});
    auto acked = c.next(patience).value();
    acked.ack().value();
    c.flush(patience).value();
    auto held = c.next(patience).value();
    const std::string body = text_of(held);
    device.restart();
    auto again = c.next(patience).value();
    while (!again.redelivered()) again = c.next(patience).value();  // what had been fetched before
    const auto ack = held.ack();
    if (ack) c.flush(patience).value();
    CHECK((ack.code() == errc::stale || late == std::vector<std::uint64_t>{held.sequence()}));
    CHECK(text_of(again) == body);
    CHECK(device.acked() == 1);
  }
}

TEST_CASE("a limit fetches no more than it allows") {
  ON_EACH_ENGINE(device) {
    context ctx;
    producer<> p(ctx, {.connect = device.at(), .queue = "q"});
    for (const auto& b : numbers(0, 5)) p.send(message(b), {}, patience).value();
    p.flush(patience).value();
    consumer<> c(ctx, {.connect = device.at(), .queue = "q", .acknowledge = false, .limit = 2});
    CHECK(text_of(c.next(patience).value()) == "0");
    auto second = c.next(patience).value();
    CHECK(second.ack().code() == errc::wrong_state);
    CHECK(c.next(patience).code() == errc::wrong_state);
    consumer<> other(ctx, {.connect = device.at(), .queue = "q"});
    CHECK(text_of(other.next(patience).value()) == "2");
  }
}

TEST_CASE("the device's refusals are told, and asking again is possible") {
  ON_EACH_ENGINE(device) {
    context ctx;
    consumer<> c(ctx, {.connect = device.at(), .queue = "none", .make = false});
    for (int i = 0; i < 2; ++i) CHECK(c.next(patience).code() == errc::not_found);
    queue_admin a(ctx, {.connect = device.at()});
    CHECK(a.stat("q", patience).value().name == "q");
    CHECK(a.purge("q", patience).code() == errc::not_supported);
  }
}

TEST_CASE("leases may outlive their consumer") {
  toy_device device(places[0]);
  context ctx;
  producer<>(ctx, {.connect = device.at(), .queue = "q"}).put("a", {}, patience).value();
  auto c = std::make_unique<consumer<>>(ctx, consumer_options{.connect = device.at(), .queue = "q"});
  auto held = c->next(patience).value();
  c.reset();
  CHECK(held.ack().code() == errc::closed);
}

}  // namespace wye::test
