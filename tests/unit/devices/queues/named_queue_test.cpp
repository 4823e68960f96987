#include "playing.hpp"

using namespace wye;
using namespace wye::test;

TEST_CASE("what was put comes out in order, once") {
  played_queue p;
  for (const char* body : {"1", "2", "3"}) p.put_now(body);
  const auto who = somebody("a");
  const auto all = p.take(who, 10);
  REQUIRE(all.size() == 3);
  CHECK(all[0].body == "1");
  CHECK(all[2].body == "3");
  CHECK(p.take(who, 10).empty());
  for (const got& g : all) CHECK(p.ack(who, g) == errc::ok);
  CHECK(p.q->empty());
  CHECK(p.counts().acked == 3);
  CHECK(is_conserved(p.counts()));
}

TEST_CASE("a message is not given out before it is durable") {
  played_queue p;
  const auto who = somebody("a");
  REQUIRE(p.q->get(who, 1, {.n = 10}, p.now));
  CHECK(p.put("1") == errc::ok);
  std::vector<outcome> due;
  const auto count = [&] { return p.q->serve(p.now, [](const queue_consumer&, auto& batch) { return batch.size(); }); };
  CHECK(count() == 0);
  CHECK(p.q->flush(1000, p.now, due));
  CHECK(count() == 0);
  p.q->release(999, p.now, due);
  CHECK(count() == 0);
  p.q->release(1000, p.now, due);
  CHECK(count() == 1);
}

TEST_CASE("a confirmation comes when it is durable") {
  played_queue p;
  CHECK(p.put("1") == errc::ok);
  p.q->answer({somebody("a"), {op::put, 7, p.last}});
  std::vector<outcome> due;
  CHECK(p.q->flush(1000, p.now, due));
  CHECK(due.empty());
  p.q->release(1000, p.now, due);
  REQUIRE(due.size() == 1);
  CHECK(due[0].what.id == 7);
}

TEST_CASE("a token is good once, for the one who has the lease") {
  played_queue p;
  const auto a = somebody("a"), b = somebody("b");
  p.put_now("1");
  const got g = p.take(a, 1).at(0);
  CHECK(p.ack(b, g) == errc::stale);
  CHECK(p.ack(a, {g.number, 2, ""}) == errc::stale);
  CHECK(p.q->ack(a, p.q->epoch() + 1, g.number, g.attempt, p.now) == errc::stale);
  CHECK(p.ack(a, g) == errc::ok);
  CHECK(p.ack(a, g) == errc::stale);
  CHECK(p.counts().stale == 4);
}

TEST_CASE("a lease that ends returns the message to its old place, with the attempt counted") {
  played_queue p({.lease = 1000ms});
  const auto a = somebody("a"), b = somebody("b");
  p.put_now("1"), p.put_now("2");
  const got g = p.take(a, 1).at(0);
  p.after(999ms);
  CHECK(p.counts().leased == 1);
  p.after(1ms);
  CHECK(p.counts().leased == 0);
  const auto again = p.take(b, 2);
  REQUIRE(again.size() == 2);
  CHECK(again[0] == got{g.number, 2, "1"});
  CHECK(again[1].body == "2");
  CHECK(p.ack(a, g) == errc::stale);
  CHECK(p.counts().redelivered == 1);
}

TEST_CASE("a lease can be extended") {
  played_queue p({.lease = 1000ms});
  const auto a = somebody("a");
  p.put_now("1");
  const got g = p.take(a, 1).at(0);
  p.after(900ms);
  CHECK(p.q->extend(a, p.q->epoch(), g.number, g.attempt, 5'000'000, p.now) == errc::ok);
  p.after(4900ms);
  CHECK(p.counts().leased == 1);
  p.after(100ms);
  CHECK(p.counts().leased == 0);
}

TEST_CASE("a connection that ends returns its leases at once") {
  played_queue p;
  const auto a = somebody("a"), b = somebody("b");
  for (const char* body : {"1", "2", "3"}) p.put_now(body);
  CHECK(p.q->get(a, 1, {.n = 2}, p.now));
  CHECK(p.receive().size() == 2);
  CHECK(p.q->get(a, 2, {.n = 1}, p.now));
  CHECK(p.receive().size() == 1);
  p.q->leave(a, p.now);
  const auto all = p.take(b, 5);
  REQUIRE(all.size() == 3);
  CHECK(all[0].body == "1");
  CHECK(all[2].body == "3");
}

TEST_CASE("nack gives back at once, later, or to the dead letters") {
  played_queue p;
  const auto a = somebody("a");
  p.put_now("1");
  got g = p.take(a, 1).at(0);
  CHECK(p.nack(a, g) == errc::ok);
  g = p.take(a, 1).at(0);
  CHECK(g.attempt == 2);
  CHECK(p.nack(a, g, nack_how::delay, 500ms) == errc::ok);
  CHECK(p.take(a, 1).empty());
  CHECK(p.counts().delayed == 1);
  p.after(500ms);
  g = p.take(a, 1).at(0);
  CHECK(g.attempt == 3);
  CHECK(p.nack(a, g, nack_how::dead) == errc::ok);
  REQUIRE(p.q->departures.size() == 1);
  CHECK(p.q->departures[0].why == death::rejected);
  CHECK(p.q->departures[0].text == "why");
  CHECK(is_conserved(p.counts()));
}

TEST_CASE("a message that is given out too often goes to the dead letters") {
  played_queue p({.max_deliver = 2});
  const auto a = somebody("a");
  p.put_now("1");
  CHECK(p.nack(a, p.take(a, 1).at(0)) == errc::ok);
  CHECK(p.nack(a, p.take(a, 1).at(0)) == errc::ok);
  CHECK(p.take(a, 1).empty());
  REQUIRE(p.q->departures.size() == 1);
  CHECK(p.q->departures[0].why == death::delivery_limit);
}

TEST_CASE("without dead letters they are dropped and counted") {
  played_queue p({.max_deliver = 1, .dead = ""});
  const auto a = somebody("a");
  p.put_now("1");
  CHECK(p.nack(a, p.take(a, 1).at(0)) == errc::ok);
  CHECK(p.q->empty());
  CHECK(p.counts().dropped == 1);
  CHECK(is_conserved(p.counts()));
}

TEST_CASE("messages expire wherever they stand, by the shorter of both times") {
  played_queue p({.ttl = 1000ms, .dead = ""});
  p.put_now("1", {.ttl = 5000ms});
  p.put_now("2", {.ttl = 300ms});
  p.put_now("3", {.ttl = 200ms, .delay = 10000ms});
  p.after(200ms);
  CHECK(p.counts().expired == 1);
  p.after(100ms);
  CHECK(p.counts().expired == 2);
  CHECK(p.counts().ready == 1);
  p.after(700ms);
  CHECK(p.counts().expired == 3);
  CHECK(p.q->empty());
  CHECK(is_conserved(p.counts()));
}

TEST_CASE("a leased message expires when it comes back") {
  played_queue p({.lease = 1000ms, .dead = ""});
  const auto a = somebody("a");
  p.put_now("1", {.ttl = 500ms});
  const auto g = p.take(a, 1).at(0);
  p.after(600ms);
  CHECK(p.counts().leased == 1);
  p.after(400ms);
  CHECK(p.counts().expired == 1);
  CHECK(p.ack(a, g) == errc::stale);
}

TEST_CASE("delayed messages come in their old place when their time has come") {
  played_queue p;
  const auto a = somebody("a");
  p.put_now("1", {.delay = 100ms});
  p.put_now("2");
  CHECK(p.take(a, 5).at(0).body == "2");
  p.after(99ms);
  CHECK(p.take(a, 5).empty());
  p.put_now("3");
  p.after(1ms);
  const auto all = p.take(a, 5);
  REQUIRE(all.size() == 2);
  CHECK(all[0].body == "1");
}

TEST_CASE("higher priorities first, each in order") {
  played_queue p;
  for (const auto& [body, priority] : {std::pair{"a0", 0}, {"a9", 9}, {"a5", 5}, {"b9", 9}, {"b0", 0}})
    p.put_now(body, {.priority = static_cast<std::uint8_t>(priority)});
  std::string order;
  for (const got& g : p.take(somebody("a"), 9)) order += g.body;
  CHECK(order == "a9b9a5a0b0");
}

TEST_CASE("a full queue rejects") {
  played_queue p({.max_messages = 2});
  CHECK(p.put("1") == errc::ok);
  CHECK(p.put("2") == errc::ok);
  CHECK(p.put("3") == errc::full);
  p.settle();
  CHECK(p.put("3") == errc::full);
  const auto a = somebody("a");
  const got g = p.take(a, 1).at(0);
  CHECK(p.put("3") == errc::full);  // leased ones count
  CHECK(p.ack(a, g) == errc::ok);
  CHECK(p.put("3") == errc::ok);
  CHECK(p.counts().refused == 3);
}

TEST_CASE("a full queue drops its head, also in one batch") {
  played_queue p({.max_messages = 2, .overflow = queue_overflow::drop_head, .dead = ""});
  for (const char* body : {"1", "2", "3", "4"}) CHECK(p.put(body) == errc::ok);
  p.settle();
  const auto all = p.take(somebody("a"), 9);
  REQUIRE(all.size() == 2);
  CHECK(all[0].body == "3");
  CHECK(p.counts().dropped == 2);
  CHECK(is_conserved(p.counts()));
}

TEST_CASE("bytes are bounded, too") {
  played_queue p({.max_bytes = 10, .overflow = queue_overflow::block});
  CHECK(p.put("12345") == errc::ok);
  CHECK(p.put("123456") == errc::would_block);
  CHECK(p.put("12345678901") == errc::too_large);
  CHECK(p.put("12345") == errc::ok);
}

TEST_CASE("nothing of a group is given out while an earlier one is leased") {
  played_queue p;
  const auto a = somebody("a");
  for (const auto& [body, group] : {std::pair{"x1", "x"}, {"x2", "x"}, {"y1", "y"}, {"x3", "x"}, {"-", ""}})
    p.put_now(body, {.group = {group, false}});
  auto all = p.take(a, 9);
  REQUIRE(all.size() == 3);
  CHECK(all[0].body == "x1");
  CHECK(all[1].body == "y1");
  CHECK(all[2].body == "-");
  CHECK(p.nack(a, all[0]) == errc::ok);
  const got again = p.take(a, 9).at(0);
  CHECK(again.body == "x1");
  CHECK(p.nack(a, again, nack_how::delay, 100ms) == errc::ok);
  CHECK(p.take(a, 9).empty());  // the delay holds up its group
  p.after(100ms);
  CHECK(p.ack(a, p.take(a, 9).at(0)) == errc::ok);
  const got next = p.take(a, 9).at(0);
  CHECK(next.body == "x2");
  CHECK(p.ack(a, next) == errc::ok);
  CHECK(p.take(a, 9).at(0).body == "x3");
}

TEST_CASE("a group goes on when what it waits for expires") {
  played_queue p({.dead = ""});
  const auto a = somebody("a");
  const properties in_group{.group = {"x", false}};
  p.put_now("1", in_group);
  p.put_now("2", {.group = {"x", false}, .ttl = 1000ms});
  p.put_now("3", in_group);
  const got first = p.take(a, 9).at(0);
  p.after(500ms);
  CHECK(p.ack(a, first) == errc::ok);
  p.after(500ms);  // 2 is next, and expires
  CHECK(p.take(a, 9).at(0).body == "3");
}

TEST_CASE("credit is in messages, and in bytes that are out") {
  played_queue p;
  for (int i = 0; i < 10; ++i) p.put_now("12345");
  const auto a = somebody("a");
  REQUIRE(p.q->get(a, 1, {.n = 4, .bytes = 12}, p.now));
  const auto first = p.receive();
  CHECK(first.size() == 2);
  CHECK(p.ack(a, first[0]) == errc::ok);
  CHECK(p.receive().size() == 1);
  CHECK(p.q->cancel(a, 1, p.now) == 1);
  const auto b = somebody("b");
  CHECK(p.take(b, 2, {.bytes = 1}).size() == 1);  // one, even if it is larger
  CHECK(p.take(b, 3).size() == 3);
}

TEST_CASE("no more than max_in_flight are leased") {
  played_queue p({.max_in_flight = 3});
  for (int i = 0; i < 5; ++i) p.put_now("x");
  const auto a = somebody("a");
  const auto all = p.take(a, 9);
  CHECK(all.size() == 3);
  CHECK(p.ack(a, all[0]) == errc::ok);
  CHECK(p.take(a, 9).size() == 1);
}

TEST_CASE("consumers are served in turn") {
  played_queue p;
  for (int i = 0; i < 600; ++i) CHECK(p.put("x") == errc::ok);
  p.settle();
  const auto a = somebody("a"), b = somebody("b");
  REQUIRE(p.q->get(a, 1, {.n = 1000}, p.now));
  REQUIRE(p.q->get(b, 1, {.n = 1000}, p.now));
  std::size_t for_a = 0, for_b = 0;
  while (p.q->serve(p.now, [&](const queue_consumer& c, auto& batch) {
    return (c.who == a ? for_a : for_b) += batch.size(), batch.size();
  }) > 0) {
  }
  CHECK(for_a + for_b == 600);
  CHECK(for_a >= 200);
  CHECK(for_b >= 200);
}

TEST_CASE("a batch has no more frames than an engine's message") {
  played_queue p;
  for (int i = 0; i < 40; ++i) {
    put_answer into;
    CHECK(p.q->put({.frames = 60}, frame::copy_of(std::string(60, 'x')), std::vector<std::uint32_t>(60, 1), p.now,
                   into) == errc::ok);
  }
  p.settle();
  std::size_t seen = 0;
  REQUIRE(p.q->get(somebody("a"), 1, {.n = 100}, p.now));
  while (p.q->serve(p.now, [&](const queue_consumer&, const std::vector<handed>& batch) {
    CHECK(batch.size() * 60 <= 1000);
    seen += batch.size();
    return batch.size();
  }) > 0) {
  }
  CHECK(seen == 40);
  std::vector<handed> peeked;
  CHECK(p.q->peek(0, 100, peeked));
  CHECK(peeked.size() == 16);
}

TEST_CASE("what finds no room in a connection stays as it was") {
  played_queue p;
  p.put_now("1"), p.put_now("2");
  const auto a = somebody("a");
  REQUIRE(p.q->get(a, 1, {.n = 5}, p.now));
  CHECK(p.receive(0).empty());
  CHECK(p.counts().ready == 2);
  CHECK(p.counts().delivered == 0);
  p.after(1ms);
  const auto all = p.receive();
  REQUIRE(all.size() == 2);
  CHECK(all[0].attempt == 1);
  CHECK(all[0].body == "1");
  CHECK(p.q->cancel(a, 1, p.now) == 3);
}

TEST_CASE("without acknowledgement a message is gone when it was handed over") {
  played_queue p;
  p.put_now("1"), p.put_now("2");
  const auto all = p.take(somebody("a"), 1, {.automatic = true});
  CHECK(all.size() == 1);
  CHECK(p.counts().acked == 1);
  p.crash();
  CHECK(p.take(somebody("b"), 9).size() == 1);
}

TEST_CASE("a wait ends with the credit that was left") {
  played_queue p;
  const auto a = somebody("a");
  REQUIRE(p.q->get(a, 9, {.n = 3, .wait = 1000ms}, p.now));
  p.put_now("1");
  CHECK(p.receive().size() == 1);
  p.due.clear();
  p.after(1000ms);
  REQUIRE(p.due.size() == 1);
  CHECK(p.due[0].what.what == op::get);
  CHECK(p.due[0].what.id == 9);
  CHECK(std::get<count_answer>(p.due[0].what.body).n == 2);
  p.put_now("2");
  CHECK(p.receive().empty());
}

TEST_CASE("a single active consumer, and the next one with a new epoch") {
  played_queue p({.single = true});
  const auto a = somebody("a"), b = somebody("b");
  for (const char* body : {"1", "2", "3"}) p.put_now(body);
  REQUIRE(p.q->get(a, 1, {.n = 1}, p.now));
  REQUIRE(p.q->get(b, 1, {.n = 9}, p.now));
  CHECK(p.receive().empty());  // the epoch was not durable yet
  const auto first = p.receive();
  REQUIRE(first.size() == 1);
  const auto epoch = p.q->epoch();
  CHECK(p.receive().empty());  // b waits for a, credit or not
  CHECK(p.q->cancel(a, 1, p.now) == 0);
  (void)p.receive();
  const auto second = p.receive();
  CHECK(second.size() == 3);
  CHECK(second[0].attempt == 2);
  CHECK(p.q->epoch() == epoch + 1);
  CHECK(p.q->ack(a, epoch, first[0].number, first[0].attempt, p.now) == errc::stale);
  p.crash();
  CHECK(p.q->epoch() > epoch + 1);
}

TEST_CASE("pause stops deliveries, across a restart") {
  played_queue p;
  p.put_now("1");
  p.q->pause(true);
  p.settle();
  CHECK(p.take(somebody("a"), 1).empty());
  p.crash();
  CHECK(p.take(somebody("a"), 1).empty());
  p.q->pause(false);
  CHECK(p.take(somebody("a"), 1).size() == 1);
}

TEST_CASE("purge removes what waits, and not what is leased") {
  played_queue p;
  p.put_now("1"), p.put_now("2"), p.put_now("3", {.delay = 1000ms});
  const auto a = somebody("a");
  const got g = p.take(a, 1).at(0);
  CHECK(p.q->purge(p.now).value() == 2);
  p.settle();
  CHECK(p.ack(a, g) == errc::ok);
  CHECK(p.q->empty());
  CHECK(is_conserved(p.counts()));
  p.crash();
  CHECK(p.q->empty());
}

TEST_CASE("peek shows without leasing") {
  played_queue p;
  p.put_now("1"), p.put_now("2"), p.put_now("3", {.delay = 1000ms});
  const auto a = somebody("a");
  const got g = p.take(a, 1).at(0);
  std::vector<handed> seen;
  CHECK(p.q->peek(0, 2, seen));
  REQUIRE(seen.size() == 2);
  CHECK(seen[0].state == waiting::leased);
  CHECK(seen[1].state == waiting::ready);
  const sequence next = seen[1].number + 1;
  seen.clear();
  CHECK(p.q->peek(next, 9, seen));
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].state == waiting::delayed);
  CHECK(seen[0].body == "3");
}

TEST_CASE("a restart keeps everything but leases") {
  played_queue p({.max_messages = 7, .max_deliver = 9});
  const auto a = somebody("a");
  p.put_now("1"), p.put_now("2", {.priority = 3}), p.put_now("3", {.delay = 500ms}), p.put_now("4", {.ttl = 400ms});
  CHECK(p.nack(a, p.take(a, 1).at(0)) == errc::ok);
  CHECK(p.take(a, 1).size() == 1);
  p.crash();
  CHECK(p.q->rules().max_messages == 7);
  auto all = p.take(a, 9);
  REQUIRE(all.size() == 3);
  CHECK(all[0].body == "2");
  CHECK(all[0].attempt == 2);  // the note of the first one; the lease was lost in the crash
  CHECK(all[1].body == "1");
  CHECK(all[2].body == "4");
  for (const got& g : all) CHECK(p.ack(a, g) == errc::ok);
  p.after(500ms);
  CHECK(p.take(a, 9).at(0).body == "3");
}

TEST_CASE("notes go with what they are about") {
  played_queue p({.dedup = 1000ms});
  const auto a = somebody("a");
  p.put_now("1", {.dedup = {"x", false}});
  for (int i = 0; i < 3; ++i) CHECK(p.nack(a, p.take(a, 1).at(0)) == errc::ok);
  CHECK(p.ack(a, p.take(a, 1).at(0)) == errc::ok);
  p.after(1000ms);
  p.settle();
  const log_bounds b =
      p.kept->names().empty() ? log_bounds{} : (p.q.reset(), p.kept->open("queue/q").value()->bounds());
  CHECK(b.records == 1);  // the queue's state
}

TEST_CASE("a full store refuses puts, and takes acks") {
  played_queue p;
  p.q.reset();
  p.kept = make_memory_store({.max_bytes = 400});
  p.open();
  p.settle();
  const auto a = somebody("a");
  p.put_now(std::string(200, 'x'));
  const got g = p.take(a, 1).at(0);
  const properties with_id{.dedup = {"x", false}};
  properties again;
  put_number number;
  SUBCASE("an id") { again = with_id; }
  SUBCASE("a number") { number = {7, 1}; }
  CHECK(p.put(std::string(200, 'x'), again, number) == errc::ok);
  p.q->answer({a, {op::put, 1, p.last}});
  CHECK(p.q->ack(a, p.q->epoch(), g.number, g.attempt, p.now) == errc::ok);
  p.q->answer({a, {op::ack, 2, count_answer{1, {}}}});
  p.due.clear();
  p.settle();
  REQUIRE(p.due.size() == 2);
  const auto& refused = std::get<put_answer>(p.due[0].what.body);
  CHECK(refused.sequences[0] == 0);
  CHECK(refused.bad.at(0).code == errc::no_space);
  CHECK(std::get<count_answer>(p.due[1].what.body).n == 1);
  CHECK(p.q->empty());
  p.put_now(std::string(200, 'x'), again, number);  // not a duplicate: the first one was refused
  CHECK(p.last.duplicates.empty());
  CHECK(p.counts().ready == 1);
}
