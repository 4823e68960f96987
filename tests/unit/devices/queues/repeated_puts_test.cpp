// What a queue knows again: ids, and numbers of producers.
#include "playing.hpp"

using namespace wye;
using namespace wye::test;

TEST_CASE("a second message with the same id is not stored again") {
  played_queue p({.dedup = 1000ms});
  const properties with_id{.dedup = {"id", false}};
  const auto a = somebody("a");
  const sequence first = p.put_now("1", with_id);
  CHECK(p.put_now("1", with_id) == first);
  CHECK(p.last.duplicates == std::vector<std::uint64_t>{0});
  CHECK(p.counts().duplicates == 1);
  CHECK(p.ack(a, p.take(a, 2).at(0)) == errc::ok);
  CHECK(p.put_now("1", with_id) == first);  // also when the message has gone
  p.crash();
  CHECK(p.put_now("1", with_id) == first);  // and after a restart
  CHECK(p.q->empty());
  p.after(1000ms);
  CHECK(p.put_now("1", with_id) != first);
}

TEST_CASE("a message put again under its number is a duplicate, also after it has gone and after a restart") {
  played_queue p({.dedup = 1000ms});
  const auto a = somebody("a");
  const sequence first = p.put_now("1", {}, {7, 1});
  const sequence second = p.put_now("2", {}, {7, 2});
  CHECK(p.put_now("1", {}, {8, 1}) != first);  // somebody else's
  CHECK(p.put_now("1", {}, {7, 1}) == first);
  CHECK(p.last.duplicates == std::vector<std::uint64_t>{0});
  CHECK(p.counts().duplicates == 1);
  for (const got& g : p.take(a, 3)) CHECK(p.ack(a, g) == errc::ok);
  p.crash();
  CHECK(p.put_now("1", {}, {7, 1}) == first);
  CHECK(p.put_now("2", {}, {7, 2}) == second);
  CHECK(p.q->empty());
  p.crash();  // from the notes alone
  CHECK(p.put_now("2", {}, {7, 2}) == second);
  CHECK(p.put_now("3", {}, {7, 3}) > second);
  p.crash();  // from the message
  CHECK(p.put_now("3", {}, {7, 3}) > second);
  CHECK(p.counts().ready == 1);
  p.after(1000ms);
  CHECK(p.put_now("1", {}, {7, 1}) > second);
}

TEST_CASE("what a producer has the answers to leaves no notes behind, and an id of its own counts more than a number") {
  played_queue p;
  const auto a = somebody("a");
  for (std::uint64_t n = 1; n <= 10; ++n) p.put_now("x", {}, {7, n});
  const auto all = p.take(a, 10);
  p.q->settled(7, 11);
  for (const got& g : all) CHECK(p.ack(a, g) == errc::ok);
  p.q.reset();
  CHECK(p.kept->open("queue/q").value()->bounds().records == 1);  // the queue's state
  p.open();
  p.settle();
  const properties with_id{.dedup = {"id", false}};
  const sequence first = p.put_now("1", with_id, {7, 11});
  CHECK(p.put_now("1", with_id, {7, 12}) == first);
  CHECK(p.put_now("2", {}, {7, 11}) != first);
}

TEST_CASE("a copy among the dead letters is nobody's put") {
  played_queue p({.max_deliver = 1, .dead = "other"});
  const auto a = somebody("a");
  const sequence first = p.put_now("1", {}, {7, 1});
  CHECK(p.nack(a, p.take(a, 1).at(0), nack_how::dead) == errc::ok);
  const handed* const original = p.q->fetch(first);
  REQUIRE(original != nullptr);
  CHECK(original->head.number == put_number{7, 1});
  played_queue other({}, "other");
  other.q->put_copy(*original, {.queue = "q", .number = first, .why = death::rejected, .text = {}}, other.now);
  other.settle();
  other.crash();
  CHECK(other.put_now("2", {}, {7, 1}) != 1);
  CHECK(other.last.duplicates.empty());
}

TEST_CASE("ids are remembered across a restart while their messages wait") {
  played_queue p;
  const properties with_id{.dedup = {"id", false}};
  const sequence first = p.put_now("1", with_id);
  p.crash();
  CHECK(p.put_now("1", with_id) == first);
  CHECK(p.counts().ready == 1);
}
