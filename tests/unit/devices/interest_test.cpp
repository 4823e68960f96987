#include "devices/core/interest.hpp"

#include <doctest/doctest.h>

using wye::devices::interest;

TEST_CASE("only the first subscription to a prefix, and the end of the last, change anything upstream") {
  interest i(10, 1000);
  CHECK(i.add("fx") == "fx");
  CHECK_FALSE(i.add("fx"));
  CHECK(i.topics() == 1);
  CHECK_FALSE(i.remove("fx"));
  CHECK(i.remove("fx") == "fx");
  CHECK(i.topics() == 0);
}

TEST_CASE("prefixes are counted apart") {
  interest i(10, 1000);
  CHECK(i.add("a") == "a");
  CHECK(i.add("ab") == "ab");
  CHECK(i.remove("a") == "a");
  CHECK(i.topics() == 1);
}

TEST_CASE("beyond the number of topics everything is wanted, until the last of them has gone") {
  interest i(2, 1000);
  i.add("a"), i.add("b");
  CHECK(i.add("c") == "");
  CHECK_FALSE(i.add("d"));
  CHECK_FALSE(i.add("a"));
  CHECK_FALSE(i.remove("c"));
  CHECK(i.remove("d") == "");
}

TEST_CASE("beyond the bytes everything is wanted") {
  interest i(10, 4);
  CHECK(i.add("abc") == "abc");
  CHECK(i.add("de") == "");
  CHECK(i.add("f") == "f");
}

TEST_CASE("the end of what was never wanted changes nothing") {
  interest i(10, 1000);
  CHECK_FALSE(i.remove("x"));
  CHECK(i.topics() == 0);
}
