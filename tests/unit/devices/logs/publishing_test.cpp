// Publishing to a log: confirmations, idempotence, expectations, failures.
#include <set>

#include "desk.hpp"
#include "tests/unit/devices/batch_of.hpp"

using namespace wye;
using namespace wye::test;

TEST_CASE("a publication is confirmed with its sequence, and not before it is durable") {
  const auto kept = make_memory_store();
  desk d(*kept);
  d.ask("p", {.what = op::pub, .id = 7, .messages = {{.topic = "a"}, {.topic = "b"}}}, {"1", "2"});
  CHECK(d.said("p").empty());
  d.seal();
  CHECK(d.said("p").empty());
  CHECK(d.live.empty());
  d.release();
  const answer a = d.take("p", op::pub).what;
  CHECK(a.id == 7);
  CHECK(a.code == errc::ok);
  CHECK(a.sequences == std::vector<std::uint64_t>{1, 2});
  CHECK(d.live == strings{"a=1", "b=2"});
}

TEST_CASE("what could not be made durable is neither confirmed, nor delivered, nor published") {
  const auto kept = make_memory_store();
  desk d(*kept);
  d.subscribe("s", {.from = start::first});
  d.ask("p", {.what = op::pub, .id = 1, .messages = {{.topic = "a"}}}, {"1"});
  d.seal();
  d.fail();
  CHECK(d.take("p", op::pub).what.code == errc::io);
  CHECK(d.live.empty());
  CHECK(d.heard("s").empty());
}

TEST_CASE("a producer's number is stored once, and confirmed again with its first sequence") {
  const auto kept = make_memory_store();
  desk d(*kept);
  CHECK(d.put({{"a", "1", 1}, {"a", "2", 2}}, "P").sequences == std::vector<std::uint64_t>{1, 2});
  const answer again = d.put({{"a", "2", 2}, {"a", "3", 3}}, "P");
  CHECK(again.sequences == std::vector<std::uint64_t>{2, 3});
  CHECK(again.duplicates == std::vector<std::uint64_t>{0});
  CHECK(d.put({{"a", "2", 2}}, "Q").sequences == std::vector<std::uint64_t>{4});
  CHECK(d.live.size() == 4);
}

TEST_CASE("a repetition is confirmed only when the first one is durable") {
  const auto kept = make_memory_store();
  desk d(*kept);
  const request r{.what = op::pub, .id = 1, .messages = {{.topic = "a", .number = 1}}, .producer = "P"};
  d.ask("p", r, {"1"});
  d.seal();
  d.ask("p", r, {"1"});
  d.seal();
  CHECK(d.said("p").empty());
  d.release();
  CHECK(d.said("p").size() == 2);
}

TEST_CASE("idempotence outlives the device") {
  const auto kept = make_memory_store();
  {
    desk d(*kept);
    d.put({{"a", "1", 1}, {"a", "2", 2}}, "P");
  }
  desk d(*kept);
  CHECK(d.put({{"a", "2", 2}}, "P").duplicates == std::vector<std::uint64_t>{0});
  CHECK(d.put({{"a", "3", 3}}, "P").sequences == std::vector<std::uint64_t>{3});
}

TEST_CASE("a number older than all that are known is refused: nobody knows whether it was stored") {
  const auto kept = make_memory_store();
  desk d(*kept);
  for (std::uint64_t n = 1; n <= 1025; ++n) d.put({{"a", "x", n}}, "P");
  CHECK(d.put({{"a", "x", 2}}, "P").duplicates == std::vector<std::uint64_t>{0});
  const answer a = d.put({{"a", "x", 1}}, "P");
  REQUIRE(a.bad.size() == 1);
  CHECK(a.bad[0].code == errc::stale);
  CHECK(a.sequences == std::vector<std::uint64_t>{0});
}

TEST_CASE("numbers that do not grow within a request are malformed") {
  const auto kept = make_memory_store();
  desk d(*kept);
  CHECK(d.put({{"a", "1", 1}, {"a", "2", 1}}, "P").code == errc::malformed);
  CHECK(d.stat().partitions[0].messages == 0);
}

TEST_CASE("an expected last sequence that is not the last refuses that message alone") {
  const auto kept = make_memory_store();
  desk d(*kept);
  const auto ask = [&](item one) {
    d.ask("p", {.what = op::pub, .id = 1, .messages = {one}}, {"x"});
    d.settle();
    return d.take("p", op::pub).what;
  };
  CHECK(ask({.topic = "a", .expected = 0}).bad.empty());
  CHECK(ask({.topic = "b", .expected = 0}).bad.at(0).code == errc::stale);
  CHECK(ask({.topic = "b", .expected = 1}).bad.empty());
  CHECK(ask({.topic = "a", .expected_topic = 1}).bad.empty());
  CHECK(ask({.topic = "a", .expected_topic = 1}).bad.at(0).code == errc::stale);
  CHECK(ask({.topic = "c", .expected_topic = 0}).bad.empty());
}

TEST_CASE("expectations within one request see what stands before them in it") {
  const auto kept = make_memory_store();
  desk d(*kept);
  d.ask("p",
        {.what = op::pub,
         .id = 1,
         .messages = {{.topic = "a"}, {.topic = "b", .expected = 1}, {.topic = "a", .expected_topic = 1}}},
        {"1", "2", "3"});
  d.settle();
  CHECK(d.take("p", op::pub).what.sequences == std::vector<std::uint64_t>{1, 2, 3});
}

TEST_CASE("a full store refuses confirmed publications and holds back plain ones, and both go on when there is room") {
  const auto kept = make_memory_store({.max_record = 1 << 20, .max_bytes = 4096});
  desk d(*kept);
  CHECK(d.put({{"a", std::string(3000, 'x')}}).bad.empty());
  const answer refused = d.put({{"a", std::string(3000, 'y')}});
  REQUIRE(refused.bad.size() == 1);
  CHECK(refused.bad[0].code == errc::no_space);
  message plain{"a", std::string(3000, 'z')};
  CHECK(d.inside().published().take_plain(plain, {}, d.now));
  d.inside().published().store_plain(d.now);
  CHECK(d.inside().published().unstored() == 1);
  d.change("admin", {.what = op::trim, .sequence = 2});
  d.inside().published().store_plain(d.now);
  d.settle();
  CHECK(d.inside().published().unstored() == 0);
  CHECK(d.stat().partitions[0].messages == 1);
}

TEST_CASE("plain and confirmed publications stand in one order, for plain subscribers and in the log") {
  const auto kept = make_memory_store();
  desk d(*kept);
  message plain{"a", "1"};
  CHECK(d.inside().published().take_plain(plain, {}, d.now));
  d.inside().published().store_plain(d.now);
  d.put({{"b", "2"}});
  d.subscribe("s", {.from = start::first});
  CHECK(d.heard("s") == strings{"1:1", "2:2"});
  CHECK(d.live == strings{"a=1", "b=2"});
}

TEST_CASE("a batch is logged as its messages, and goes on as it came") {
  const auto kept = make_memory_store();
  desk d(*kept);
  d.declare("b", {.match = {"b"}});
  auto [m, what] = batch_of({message{"a", "1"}, message{"b", "2"}, message{"a", "3", "", "4"}}, "");
  m.push_front(frame::copy_of(batch::marker));
  CHECK(d.inside().published().take_plain(m, what, d.now));
  CHECK(d.inside().published().unstored() == 3);
  d.inside().published().store_plain(d.now);
  CHECK(d.inside().published().waiting() == 3);
  d.settle();
  CHECK(d.inside().published().waiting() == 0);
  CHECK(d.live == strings{"a=1", "b=2", "a=3"});
  CHECK(d.batches == 1);
  d.subscribe("s", {.from = start::first});
  d.deliver();
  const told t = d.take("s", op::msg);
  CHECK(t.bodies == strings{"1", "3", "", "4"});
  CHECK(t.what.messages[1].frames == 3);
  d.subscribe("t", {.stream = "b", .from = start::first});
  CHECK(d.heard("t") == strings{"1:2"});
}

TEST_CASE("of a batch in which something can't be stored the rest goes on, message by message") {
  const auto kept = make_memory_store();
  desk d(*kept);
  auto [m, what] = batch_of(
      {message{"fx.a", "1"}, message{"other", "2"}, message{"fx." + std::string(1025, 'x'), "3"}, message{"fx.b", "4"}},
      "fx.");
  CHECK(d.inside().published().take_plain(m, what, d.now));
  d.inside().published().store_plain(d.now);
  d.settle();
  CHECK(d.live == strings{"fx.a=1", "fx.b=4"});
  CHECK(d.batches == 0);
  CHECK(d.inside().published().refused() == 2);
  CHECK(d.inside().published().stored() == 2);
}

TEST_CASE("a batch for which there is no room waits, and its messages go on when there is") {
  const auto kept = make_memory_store({.max_record = 1 << 20, .max_bytes = 4096});
  desk d(*kept);
  d.put({{"a", std::string(3900, 'x')}});
  auto [m, what] = batch_of({message{"a", std::string(300, 'y')}, message{"a", "2"}}, "a");
  CHECK(d.inside().published().take_plain(m, what, d.now));
  d.inside().published().store_plain(d.now);
  CHECK(d.inside().published().unstored() == 2);
  d.change("admin", {.what = op::trim, .sequence = 2});
  d.inside().published().store_plain(d.now);
  d.settle();
  CHECK(d.inside().published().unstored() == 0);
  CHECK(d.live.size() == 3);
  CHECK(d.stat().partitions[0].messages == 2);
}

TEST_CASE("a message of several frames comes back as it was") {
  const auto kept = make_memory_store();
  desk d(*kept);
  d.ask("p", {.what = op::pub, .id = 1, .messages = {{.topic = "a", .frames = 3}, {.topic = "b"}}},
        {"x", "", "zz", "y"});
  d.settle();
  d.subscribe("s", {.from = start::first});
  d.deliver();
  const told t = d.take("s", op::msg);
  CHECK(t.what.messages[0].frames == 3);
  CHECK(t.bodies == strings{"x", "", "zz", "y"});
}

TEST_CASE("what is no request is answered with a sentence") {
  const auto kept = make_memory_store();
  desk d(*kept);
  const auto say = [&](const message& m) {
    d.inside().take("c", m, 1, d.now);
    return d.take("c", op::error).what;
  };
  CHECK(say({"c", "hello"}).code == errc::malformed);
  CHECK(say({"c", "wye2", "x"}).code == errc::not_supported);
  CHECK(say({"c", "wye1"}).code == errc::malformed);
  CHECK(say({"c", "wye1", "\x81\xa2op\xa3put"}).code == errc::not_supported);
  CHECK(d.inside().malformed() == 4);
}

TEST_CASE("a message goes to the partition of its key, is confirmed with it, and is delivered from it") {
  const auto kept = make_memory_store();
  desk d(*kept);
  CHECK(d.declare("s", {.match = {"#"}, .partitions = 3}).is_new);
  d.subscribe("c", {.stream = "s"});
  std::set<std::uint64_t> partitions;
  for (int i = 0; i < 20; ++i) {
    const answer a = d.put({{"t", std::to_string(i), 0, std::to_string(i)}});
    partitions.insert(a.partitions.empty() ? 0 : a.partitions[0]);
  }
  CHECK(partitions == std::set<std::uint64_t>{0, 1, 2});
  CHECK(d.heard("c").size() == 20);
}
