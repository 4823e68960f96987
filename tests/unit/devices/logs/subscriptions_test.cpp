// Subscribing to a log: where it begins, what it is told, what it costs.
#include "desk.hpp"

using namespace wye;
using namespace wye::test;

namespace {

// Three messages on two topics: a=1 b=2 a=3.
void fill(desk& d) {
  d.put({{"a", "1"}});
  d.now = 2'000'000;
  d.put({{"b", "2"}});
  d.now = 3'000'000;
  d.put({{"a", "3"}});
}

strings heard_from(desk& d, request r) {
  d.subscribe("s", std::move(r));
  return d.heard("s");
}

}  // namespace

TEST_CASE("acknowledgements go on when the store is full, and publications when there is room again") {
  const auto in = make_memory_store({.max_bytes = 2000});
  desk d(*in);
  d.subscribe("s", {.from = start::first, .durable = "me"});
  std::uint64_t last = 0;
  for (answer a; (a = d.put({{.topic = "t", .body = std::string(100, 'x')}})).bad.empty();) last = a.sequences.at(0);
  REQUIRE(in->state() == store_state::full);
  for (std::uint64_t next = 2; next <= last + 1; ++next) CHECK(d.ack("s", {{0, next}}).code == errc::ok);
  CHECK(d.stat().cursors.at(0).lag == 0);
  CHECK(d.change("admin", {.what = op::trim, .sequence = last}).n == last - 1);
  CHECK(d.put({{.topic = "t", .body = std::string(100, 'x')}}).bad.empty());
}

TEST_CASE("a subscription begins where it says, and goes on with what is new") {
  const auto kept = make_memory_store();
  desk d(*kept);
  fill(d);
  CHECK(heard_from(d, {.from = start::first}) == strings{"1:1", "2:2", "3:3"});
  CHECK(heard_from(d, {.from = start::now}).empty());
  CHECK(heard_from(d, {.from = start::last}) == strings{"3:3"});
  CHECK(heard_from(d, {.from = start::seq, .sequence = 2}) == strings{"2:2", "3:3"});
  CHECK(heard_from(d, {.from = start::seq, .sequence = 99}).empty());
  CHECK(heard_from(d, {.from = start::time, .at = 1'500'000}) == strings{"2:2", "3:3"});
  CHECK(heard_from(d, {.from = start::time, .at = 2'000'000}) == strings{"2:2", "3:3"});
  CHECK(heard_from(d, {.from = start::time, .at = 9'000'000}).empty());
  CHECK(heard_from(d, {.from = start::topics}) == strings{"2:2", "3:3"});
  d.put({{"c", "4"}});
  CHECK(d.heard("s") == strings{"4:4"});
}

TEST_CASE("patterns and prefixes choose topics, either of them is enough") {
  const auto kept = make_memory_store();
  desk d(*kept);
  d.put({{"fx.eur", "1"}, {"fx.eur.spot", "2"}, {"fxx", "3"}, {"news", "4"}});
  CHECK(heard_from(d, {.match = {"fx.*"}, .from = start::first}) == strings{"1:1"});
  CHECK(heard_from(d, {.match = {"fx.#", "news"}, .from = start::first}) == strings{"1:1", "2:2", "4:4"});
  CHECK(heard_from(d, {.prefix = {"fx"}, .from = start::first}) == strings{"1:1", "2:2", "3:3"});
  CHECK(heard_from(d, {.match = {"news"}, .prefix = {"fxx"}, .from = start::first}) == strings{"3:3", "4:4"});
}

TEST_CASE("a retained value that was deleted by an empty body is none") {
  const auto kept = make_memory_store();
  desk d(*kept);
  d.put({{"a", "1"}, {"b", "2"}, {"a", ""}});
  CHECK(heard_from(d, {.from = start::topics}) == strings{"2:2"});
  CHECK(d.stat().topics == 1);
}

TEST_CASE("credit bounds what is sent, in messages and in bytes, and one message may be larger") {
  const auto kept = make_memory_store();
  desk d(*kept);
  d.put({{"a", "11111"}, {"a", "22222"}, {"a", "33333"}, {"a", "44444"}});
  CHECK(heard_from(d, {.from = start::first, .n = 2, .bytes = 100}) == strings{"1:11111", "2:22222"});
  d.ask("s", {.what = op::credit, .sub = 1, .n = 10, .bytes = 0});
  CHECK(d.heard("s") == strings{"3:33333", "4:44444"});
  CHECK(heard_from(d, {.from = start::first, .n = 10, .bytes = 7}) == strings{"1:11111", "2:22222"});
  CHECK(heard_from(d, {.from = start::first, .n = 10, .bytes = 1}) == strings{"1:11111"});
}

TEST_CASE("a client that has no room gets nothing more, and the others go on") {
  const auto kept = make_memory_store();
  desk d(*kept);
  d.subscribe("slow", {.from = start::first});
  d.subscribe("quick", {.from = start::first});
  d.full = "slow";
  d.put({{"a", "1"}});
  CHECK(d.heard("slow").empty());
  CHECK(d.heard("quick") == strings{"1:1"});
  d.full.clear();
  CHECK(d.heard("slow") == strings{"1:1"});
}

TEST_CASE("who fell behind retention is told what is missing, in its place") {
  const auto kept = make_memory_store();
  desk d(*kept);
  d.change("admin", {.what = op::set, .stream = "default", .settings = std::string_view("\x81\xacmax_messages\x02")});
  for (const char* body : {"1", "2", "3", "4", "5"}) d.put({{"a", body}});
  CHECK(d.stat().partitions[0].messages == 2);
  CHECK(heard_from(d, {.from = start::seq, .sequence = 2}) == strings{"gap:2-3", "4:4", "5:5"});
  CHECK(heard_from(d, {.from = start::first}) == strings{"4:4", "5:5"});
}

TEST_CASE("a subscriber without credit that is overtaken by retention is told") {
  const auto kept = make_memory_store();
  desk d(*kept);
  d.change("admin", {.what = op::set, .stream = "default", .settings = std::string_view("\x81\xacmax_messages\x02")});
  d.put({{"a", "1"}});
  CHECK(heard_from(d, {.from = start::first, .n = 1, .bytes = 1}) == strings{"1:1"});
  for (const char* body : {"2", "3", "4", "5"}) d.put({{"a", body}});
  CHECK(d.heard("s").empty());
  d.ask("s", {.what = op::credit, .sub = 1, .n = 9, .bytes = 99});
  CHECK(d.heard("s") == strings{"gap:2-3", "4:4", "5:5"});
}

TEST_CASE("age and bytes trim, too") {
  const auto kept = make_memory_store();
  desk d(*kept);
  CHECK(d.declare("old", {.match = {"old"}, .max_age = std::chrono::milliseconds(500)}).is_new);
  CHECK(d.declare("big", {.match = {"big"}, .max_bytes = 100}).is_new);
  d.now = 1'000'000, d.put({{"old", "1"}});
  d.now = 1'400'000, d.put({{"old", "2"}});
  d.now = 1'600'000, d.inside().tidy(d.now);
  CHECK(d.stat("old").partitions[0].first == 2);
  for (int i = 0; i < 10; ++i) d.put({{"big", std::string(20, 'x')}});
  CHECK(d.stat("big").partitions[0].bytes <= 100);
  CHECK(d.stat("big").partitions[0].messages >= 2);
}

TEST_CASE("with keep_last only the newest of each topic stay, and an empty body removes them, itself after a while") {
  const auto kept = make_memory_store();
  desk d(*kept);
  CHECK(d.declare("kv", {.match = {"#"}, .keep_last = 1, .tombstone = std::chrono::milliseconds(1000)}).is_new);
  d.put({{"a", "1"}, {"b", "2"}});
  d.put({{"a", "3"}});
  d.inside().tidy(d.now);
  CHECK(heard_from(d, {.stream = "kv", .from = start::first}) == strings{"2:2", "3:3"});
  d.put({{"a", ""}});
  d.inside().tidy(d.now);
  CHECK(heard_from(d, {.stream = "kv", .from = start::first}) == strings{"2:2", "4:"});
  d.now += 2'000'000;
  d.inside().tidy(d.now);
  CHECK(heard_from(d, {.stream = "kv", .from = start::first}) == strings{"2:2"});
}

TEST_CASE("what keep_last superseded stays superseded after a restart") {
  const auto kept = make_memory_store();
  {
    desk d(*kept);
    CHECK(d.declare("kv", {.match = {"#"}, .keep_last = 2}).is_new);
    for (const char* body : {"1", "2", "3"}) d.put({{"a", body}});
  }
  desk d(*kept);
  d.inside().tidy(d.now);
  CHECK(heard_from(d, {.stream = "kv", .from = start::topics}) == strings{"3:3"});
  CHECK(d.stat("kv").partitions[0].messages == 2);
}

TEST_CASE("a durable cursor begins where it was acknowledged, also in another device on the same store") {
  const auto kept = make_memory_store();
  {
    desk d(*kept);
    fill(d);
    CHECK(heard_from(d, {.from = start::first, .durable = "me"}).size() == 3);
    CHECK(d.ack("s", {{0, 3}}).code == errc::ok);
    CHECK(d.stat().cursors.at(0).lag == 1);
  }
  desk d(*kept);
  CHECK(heard_from(d, {.from = start::first, .durable = "me"}) == strings{"3:3"});
}

TEST_CASE("a cursor never moves backwards, nor beyond what was delivered") {
  const auto kept = make_memory_store();
  desk d(*kept);
  fill(d);
  d.subscribe("s", {.from = start::first, .durable = "me", .n = 2, .bytes = 99});
  CHECK(d.heard("s").size() == 2);
  CHECK(d.ack("s", {{0, 5}}).code == errc::bad_option);
  CHECK(d.ack("s", {{0, 3}}).code == errc::ok);
  CHECK(d.ack("s", {{0, 2}}).code == errc::ok);
  CHECK(d.stat().cursors.at(0).at == positions{{0, 3}});
  CHECK(d.ack("t", {{0, 3}}).code == errc::not_found);
}

TEST_CASE("what was looked at and not wanted is acknowledged with what stands before it") {
  const auto kept = make_memory_store();
  desk d(*kept);
  d.put({{"a", "1"}, {"b", "2"}, {"b", "3"}});
  CHECK(heard_from(d, {.match = {"a"}, .from = start::first, .durable = "me"}) == strings{"1:1"});
  CHECK(d.ack("s", {{0, 2}}).code == errc::ok);
  CHECK(d.stat().cursors.at(0).lag == 0);
}

TEST_CASE("the newest connection has a durable name: the one before is told, and may not acknowledge any more") {
  const auto kept = make_memory_store();
  desk d(*kept);
  fill(d);
  d.subscribe("s", {.from = start::first, .durable = "me"});
  CHECK(d.heard("s").size() == 3);
  d.subscribe("t", {.from = start::first, .durable = "me"});
  CHECK(d.take("s", op::end).what.code == errc::stale);
  CHECK(d.ack("s", {{0, 4}}).code == errc::not_found);
  CHECK(d.heard("t").size() == 3);
}

TEST_CASE("seek moves a cursor, and who is connected goes on from there") {
  const auto kept = make_memory_store();
  desk d(*kept);
  fill(d);
  CHECK(heard_from(d, {.from = start::now, .durable = "me"}).empty());
  CHECK(d.change("admin", {.what = op::seek, .from = start::seq, .sequence = 2, .durable = "me"}).code == errc::ok);
  CHECK(d.take("s", op::seek).what.at_positions == positions{{0, 2}});
  CHECK(d.heard("s") == strings{"2:2", "3:3"});
  CHECK(d.change("admin", {.what = op::forget, .durable = "me"}).code == errc::wrong_state);
  d.inside().end("s");
  CHECK(d.change("admin", {.what = op::forget, .durable = "me"}).code == errc::ok);
  CHECK(d.change("admin", {.what = op::forget, .durable = "me"}).code == errc::not_found);
}

TEST_CASE("streams take their topics in the order of declaration, and the rest goes to the default one") {
  const auto kept = make_memory_store();
  {
    desk d(*kept);
    CHECK(d.declare("z", {.match = {"fx.#"}}).is_new);
    CHECK(d.declare("a", {.match = {"fx.eur", "news"}}).is_new);
    CHECK_FALSE(d.declare("a", {.match = {"fx.eur", "news"}}).is_new);
    CHECK(d.declare("a", {}).code == errc::exists);
    CHECK(d.declare("p", {.partitions = 65}).code == errc::bad_option);
  }
  desk d(*kept);
  d.put({{"fx.eur", "1"}, {"news", "2"}, {"other", "3"}});
  CHECK(d.stat("z").partitions[0].messages == 1);
  CHECK(d.stat("a").partitions[0].messages == 1);
  CHECK(d.stat().partitions[0].messages == 1);
  d.subscribe("s", {.stream = "z"});
  CHECK(d.change("admin", {.what = op::remove, .stream = "z"}).code == errc::ok);
  CHECK(d.take("s", op::end).what.code == errc::not_found);
  CHECK(d.change("admin", {.what = op::set, .stream = "z", .settings = std::string_view("\x80")}).code ==
        errc::not_found);
  d.put({{"fx.eur", "4"}});
  CHECK(d.stat("a").partitions[0].messages == 2);
}

TEST_CASE("what a subscription may not be is refused with a reason") {
  const auto kept = make_memory_store();
  desk d(*kept);
  CHECK(d.subscribe("s", {.stream = "none"}).code == errc::not_found);
  CHECK(d.subscribe("s", {.durable = "a", .group = "b"}).code == errc::bad_option);
  CHECK(d.subscribe("s", {.from = start::topics, .durable = "a"}).code == errc::bad_option);
  for (std::uint64_t i = 1; i <= 256; ++i) CHECK(d.subscribe("s", {.sub = i}).code == errc::ok);
  CHECK(d.subscribe("s", {.sub = 257}).code == errc::limit);
  d.inside().end("s");
  CHECK(d.inside().readers().size() == 0);
}
