#include "playing.hpp"

using namespace wye;
using namespace wye::test;

namespace {

// A hub on a memory store, played by hand.
class played_hub {
 public:
  explicit played_hub(hub_bounds bounds = {}) : bounds_(bounds) { start(); }

  void start() { hub = std::make_unique<queue_hub>(*kept, bounds_, now); }
  // Only the store is left.
  void crash() {
    hub.reset();
    start();
  }
  void say(const client_ptr& who, request r, std::initializer_list<std::string_view> bodies = {}) {
    message m{"identity"};
    append(r, m);
    for (const auto body : bodies) m.push_back(body);
    request read_one;
    read(m, 1, read_one).value();
    hub->handle(who, m, 1, read_one, now);
  }
  void put(std::string_view queue, std::initializer_list<std::string_view> bodies) {
    say(somebody("p"), {op::put, 1, put_request{queue, true, std::vector<properties>(bodies.size())}}, bodies);
  }
  bool flush() {
    hub->attend(now);
    return hub->flush(++round_, now);
  }
  void release() { hub->release(round_, now); }
  void settle() {
    for (int turn = 0; turn < 8; ++turn) flush(), release();
  }
  std::vector<got> take(std::string_view queue, std::uint64_t n) {
    const auto who = somebody("c");
    say(who, {op::get, 1, get_request{.queue = queue, .make = true, .n = n}});
    std::vector<got> all;
    for (int turn = 0; turn < 4; ++turn) {
      settle();
      hub->serve(now, [&](const named_queue& q, const queue_consumer& c, const std::vector<handed>& batch) {
        for (const handed& h : batch) all.push_back({h.number, h.attempt, std::string(h.body.text())});
        epoch = q.epoch();
        CHECK(c.who == who);
        return batch.size();
      });
    }
    consumer = who;
    return all;
  }
  void nack_dead(std::string_view queue, const got& g) {
    settle_request r{.queue = queue, .epoch = epoch, .sequences = {g.number}, .how = nack_how::dead, .why = "why"};
    r.attempts = {g.attempt};
    say(consumer, {op::nack, 5, r});
  }
  queue_counts counts(std::string_view queue) {
    failure why(errc::ok);
    return hub->find_or_make(queue, true, why, now)->counts();
  }
  template <class Body>
  Body last() {
    REQUIRE(!hub->due.empty());
    return std::get<Body>(hub->due.back().what.body);
  }

  std::unique_ptr<store> kept = make_memory_store();
  micros now = 1'000'000'000'000'000;
  std::unique_ptr<queue_hub> hub;
  client_ptr consumer;
  std::uint64_t epoch = 0;

 private:
  hub_bounds bounds_;
  std::uint64_t round_ = 0;
};

}  // namespace

TEST_CASE("a dead letter is in one queue only, whenever the crash comes") {
  for (int steps = 0; steps < 8; ++steps) {
    CAPTURE(steps);
    played_hub p;
    p.put("q", {"1"});
    const got g = p.take("q", 1).at(0);
    p.nack_dead("q", g);
    for (int step = 0; step < steps; ++step) step % 2 == 0 ? void(p.flush()) : p.release();
    p.crash();
    const auto here = p.take("q", 5), there = p.take("q.dead", 5);
    CHECK(here.size() + there.size() == 1);
    CHECK((here.empty() ? there : here).at(0).body == "1");
  }
}

TEST_CASE("a redriven message is in one queue only, whenever the crash comes") {
  for (int steps = 0; steps < 8; ++steps) {
    CAPTURE(steps);
    played_hub p;
    p.put("q", {"1"});
    p.nack_dead("q", p.take("q", 1).at(0));
    p.settle();
    p.say(somebody("a"), {op::redrive, 9, redrive_request{.queue = "q.dead"}});
    for (int step = 0; step < steps; ++step) step % 2 == 0 ? void(p.flush()) : p.release();
    p.crash();
    const auto here = p.take("q", 5), there = p.take("q.dead", 5);
    CHECK(here.size() + there.size() == 1);
  }
}

TEST_CASE("redriving keeps to its rate") {
  played_hub p;
  p.put("a.dead", {"1", "2", "3", "4", "5"});
  p.settle();
  p.say(somebody("a"), {op::redrive, 9, redrive_request{.queue = "a.dead", .rate = 2, .to = "a"}});
  CHECK(p.last<count_answer>().n == 5);
  p.settle();
  CHECK(p.counts("a").ready == 1);
  p.now += 500'000;
  p.settle();
  CHECK(p.counts("a").ready == 2);
  p.now += 1'500'000;
  p.settle();
  CHECK(p.counts("a").ready == 5);
  CHECK(p.counts("a.dead").acked == 5);
  CHECK(is_conserved(p.counts("a.dead")));
}

TEST_CASE("what can't be redriven stays") {
  played_hub p;
  p.put("a", {"1", "2"});
  p.settle();
  p.say(somebody("a"), {op::redrive, 9, redrive_request{.queue = "a"}});
  p.settle();
  CHECK(p.counts("a").ready == 2);
}

TEST_CASE("there are no more queues than allowed") {
  played_hub p({.queues = 2});
  p.put("a", {"1"}), p.put("b", {"1"}), p.put("c", {"1"});
  CHECK(p.last<refusal>().code == errc::limit);
}

TEST_CASE("puts that wait for room are bounded") {
  played_hub p({.blocked_puts = 3});
  const auto who = somebody("p");
  p.say(who, {op::declare, 1, settings_request{"q", {.max_messages = 1, .overflow = queue_overflow::block}}});
  for (std::uint64_t id = 2; id < 7; ++id) p.say(who, {op::put, id, put_request{"q", false, {{}}}}, {"x"});
  p.settle();
  CHECK(who->blocked == 3);
  const auto answer = p.last<put_answer>();
  CHECK(answer.bad.at(0).code == errc::full);
  CHECK(answer.sequences.at(0) == 0);
}

TEST_CASE("a queue that is deleted answers who waits for it") {
  played_hub p;
  const auto who = somebody("p");
  p.say(who, {op::declare, 1, settings_request{"q", {.max_messages = 1, .overflow = queue_overflow::block}}});
  p.settle();
  p.say(who, {op::put, 2, put_request{"q", false, {{}, {}}}}, {"x", "y"});
  p.settle();
  p.hub->due.clear();
  p.say(somebody("a"), {op::remove, 3, remove_request{"q"}});
  REQUIRE(p.hub->due.size() == 2);
  CHECK(p.hub->due[0].what.id == 2);
  CHECK(std::get<refusal>(p.hub->due[0].what.body).code == errc::not_found);
  CHECK(who->blocked == 0);
  CHECK(p.kept->names().empty());
}
