#include <doctest/doctest.h>

#include <wye/subject.hpp>

using wye::subject_matches;

TEST_CASE("a pattern without wildcards matches itself alone") {
  CHECK(subject_matches("fx.eur", "fx.eur"));
  CHECK_FALSE(subject_matches("fx.eur", "fx"));
  CHECK_FALSE(subject_matches("fx", "fx.eur"));
  CHECK_FALSE(subject_matches("fx.eur", "fx.eu"));
  CHECK(subject_matches("", ""));
  CHECK_FALSE(subject_matches("", "a"));
}

TEST_CASE("a star is exactly one token, also an empty one") {
  CHECK(subject_matches("fx.*", "fx.eur"));
  CHECK(subject_matches("*.eur", "fx.eur"));
  CHECK(subject_matches("*", ""));
  CHECK(subject_matches("a.*.b", "a..b"));
  CHECK_FALSE(subject_matches("fx.*", "fx"));
  CHECK_FALSE(subject_matches("fx.*", "fx.eur.spot"));
}

TEST_CASE("a hash is any number of tokens, anywhere") {
  CHECK(subject_matches("#", ""));
  CHECK(subject_matches("#", "a.b.c"));
  CHECK(subject_matches("a.#", "a"));
  CHECK(subject_matches("a.#", "a.b.c"));
  CHECK(subject_matches("#.c", "a.b.c"));
  CHECK(subject_matches("#.c", "c"));
  CHECK(subject_matches("a.#.c", "a.c"));
  CHECK(subject_matches("a.#.b.#.c", "a.x.b.b.y.c"));
  CHECK_FALSE(subject_matches("a.#.c", "a.b"));
  CHECK_FALSE(subject_matches("a.#", "b.a"));
}

TEST_CASE("wildcards are whole tokens: within one they stand for themselves") {
  CHECK(subject_matches("a*.b", "a*.b"));
  CHECK_FALSE(subject_matches("a*.b", "ax.b"));
  CHECK_FALSE(subject_matches("a#", "ab"));
}

TEST_CASE("what others write has its translation") {
  CHECK(subject_matches("a.*.#", "a.b"));  // NATS a.>
  CHECK(subject_matches("a.*.#", "a.b.c"));
  CHECK_FALSE(subject_matches("a.*.#", "a"));
}
