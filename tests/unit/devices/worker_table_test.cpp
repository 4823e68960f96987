#include "devices/core/worker_table.hpp"

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using wye::time_point;
using wye::devices::worker_table;

namespace {

constexpr time_point start{};

std::string chosen(worker_table& t, time_point now = start) {
  const auto w = t.choose(now);
  if (!w) return "none";
  t.give(*w);
  return t[*w].identity;
}

}  // namespace

TEST_CASE("the least busy worker relative to its capacity is chosen") {
  worker_table t(10, 3s);
  t.add(0, "small", 1, start);
  t.add(0, "large", 4, start);
  CHECK(chosen(t) == "small");  // both idle: the one registered first was unused for longest
  CHECK(chosen(t) == "large");
  CHECK(chosen(t) == "large");
  CHECK(chosen(t) == "large");
  CHECK(chosen(t) == "large");
  CHECK(chosen(t) == "none");
}

TEST_CASE("the least busy worker is chosen, not the next one") {
  worker_table t(10, 3s);
  t.add(0, "slow", 5, start);
  const auto quick = t.add(0, "quick", 5, start);
  for (const char* name : {"slow", "quick", "slow", "quick"}) CHECK(chosen(t) == name);
  for (int i = 0; i < 2; ++i) CHECK_FALSE(t.done(*quick));
  CHECK(chosen(t) == "quick");
  CHECK(chosen(t) == "quick");
  CHECK(chosen(t) == "slow");  // both have two
}

TEST_CASE("equally busy workers take turns") {
  worker_table t(10, 3s);
  t.add(0, "a", 5, start);
  t.add(0, "b", 5, start);
  t.add(0, "c", 5, start);
  std::string order;
  for (int i = 0; i < 6; ++i) order += chosen(t);
  CHECK(order == "abcabc");
}

TEST_CASE("a finished request makes room again") {
  worker_table t(10, 3s);
  const auto w = t.add(0, "a", 1, start);
  REQUIRE(w);
  CHECK(chosen(t) == "a");
  CHECK(chosen(t) == "none");
  CHECK_FALSE(t.done(*w));
  CHECK(chosen(t) == "a");
}

TEST_CASE("a capacity of zero counts as one") {
  worker_table t(10, 3s);
  t.add(0, "a", 0, start);
  CHECK(chosen(t) == "a");
  CHECK(chosen(t) == "none");
}

TEST_CASE("a worker is silent after its patience, not before, and any word makes it heard") {
  worker_table t(10, 3s);
  const auto w = *t.add(0, "a", 1, start);
  CHECK_FALSE(t.silent(w, start + 3s));
  CHECK(t.silent(w, start + 3s + 1ms));
  t.heard(w, start + 3s);
  CHECK_FALSE(t.silent(w, start + 6s));
}

TEST_CASE("a leaving worker gets nothing more, and is done with its last answer") {
  worker_table t(10, 3s);
  const auto w = *t.add(0, "a", 2, start);
  t.give(w), t.give(w);
  CHECK_FALSE(t.leave(w));
  CHECK_FALSE(t.choose(start));
  CHECK_FALSE(t.done(w));
  CHECK(t.done(w));
  const auto idle = *t.add(0, "b", 1, start);
  CHECK(t.leave(idle));
}

TEST_CASE("a worker whose queue is full rests") {
  worker_table t(10, 3s);
  t.rest(*t.add(0, "a", 1, start), start + 5ms);
  CHECK_FALSE(t.choose(start + 4ms));
  CHECK(t.choose(start + 5ms));
}

TEST_CASE("the same identity on two sockets is two workers") {
  worker_table t(10, 3s);
  const auto zmq = t.add(0, "a", 1, start), nng = t.add(1, "a", 1, start);
  CHECK(zmq != nng);
  CHECK(t.find(0, "a") == zmq);
  CHECK(t.find(1, "a") == nng);
  CHECK_FALSE(t.find(2, "a"));
}

TEST_CASE("no more workers than allowed, and a removed one makes room") {
  worker_table t(2, 3s);
  const auto a = *t.add(0, "a", 1, start);
  t.add(0, "b", 1, start);
  CHECK_FALSE(t.add(0, "c", 1, start));
  t.remove(a);
  CHECK(t.size() == 1);
  CHECK_FALSE(t.find(0, "a"));
  CHECK(t.add(0, "c", 1, start));
  CHECK(t.size() == 2);
}

TEST_CASE("each visits every worker, and one may be removed meanwhile") {
  worker_table t(5, 3s);
  for (const char* name : {"a", "b", "c"}) t.add(0, name, 1, start);
  std::string seen;
  t.each([&](worker_table::id w) {
    seen += t[w].identity;
    if (t[w].identity == "b") t.remove(w);
  });
  CHECK(seen == "abc");
  CHECK(t.size() == 2);
}
