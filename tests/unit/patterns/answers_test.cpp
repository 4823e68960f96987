#include "patterns/src/answers.hpp"

#include <doctest/doctest.h>

namespace wye::detail {

using verdict = answers::verdict;

namespace {

message sized(std::size_t bytes) { return message(std::string(bytes, 'x')); }

}  // namespace

TEST_CASE("a request is fresh, then running, then answered") {
  answers known(10, 1000);
  CHECK(known.seen("a", "asker") == verdict::fresh);
  CHECK(known.seen("a", "asker") == verdict::running);
  CHECK(known.answer("a", "the answer").has_value());
  CHECK(known.seen("a", "asker") == verdict::answered);
  CHECK(known.find("a").text() == "the answer");
}

TEST_CASE("the answer goes to the newest asker") {
  answers known(10, 1000);
  (void)known.seen("a", "old connection");
  (void)known.seen("a", "new connection");
  CHECK(known.answer("a", "x")->text() == "new connection");
}

TEST_CASE("a request that came once, is unknown or was answered already has no newer asker") {
  answers known(10, 1000);
  CHECK_FALSE(known.answer("never seen", "x").has_value());
  (void)known.seen("a", "asker");
  CHECK_FALSE(known.answer("a", "x").has_value());
  CHECK_FALSE(known.answer("a", "again").has_value());
  CHECK(known.find("a").text() == "x");
}

TEST_CASE("beyond its entries it forgets the least recently used") {
  answers known(2, 1000);
  for (const char* key : {"a", "b"}) (void)known.seen(key, "asker"), (void)known.answer(key, "x");
  (void)known.seen("a", "asker");  // used again
  (void)known.seen("c", "asker"), (void)known.answer("c", "x");
  CHECK(known.remembered() == 2);
  CHECK(known.seen("a", "asker") == verdict::answered);
  CHECK(known.seen("b", "asker") == verdict::fresh);
}

TEST_CASE("beyond its bytes it forgets, even the newest if that alone is too large") {
  answers known(100, 100);
  for (const char* key : {"a", "b", "c"}) (void)known.seen(key, "asker"), (void)known.answer(key, sized(40));
  CHECK(known.remembered() == 2);
  (void)known.seen("huge", "asker"), (void)known.answer("huge", sized(1000));
  CHECK(known.remembered() == 0);
}

TEST_CASE("requests that are being handled are never forgotten") {
  answers known(1, 10);
  for (int i = 0; i < 100; ++i) CHECK(known.seen(std::to_string(i), "asker") == verdict::fresh);
  for (int i = 0; i < 100; ++i) CHECK(known.seen(std::to_string(i), "asker") == verdict::running);
  for (int i = 0; i < 100; ++i) CHECK(known.answer(std::to_string(i), "x").has_value());
  CHECK(known.remembered() == 1);
}

}  // namespace wye::detail
