#include "devices/core/last_value.hpp"

#include <doctest/doctest.h>

using wye::message;
using wye::devices::last_value;

namespace {

std::string all(const last_value& values, std::string_view prefix) {
  std::string bodies;
  auto walk = last_value::from(prefix);
  while (const message* m = values.step(walk)) bodies += std::string(m->text()) + " ";
  return bodies;
}

}  // namespace

TEST_CASE("a walk gives the newest message of each topic that matches") {
  last_value values(10, 1000);
  for (const message& m : {message{"a", "1"}, message{"ab", "2"}, message{"b", "3"}, message{"a", "4"}}) values.put(m);
  CHECK(all(values, "a") == "4 2 ");
  CHECK(all(values, "") == "4 2 3 ");
  CHECK(all(values, "abc") == "");
  CHECK(values.size() == 3);
}

TEST_CASE("the topic not renewed for longest is forgotten when there are too many") {
  last_value values(2, 1000);
  values.put(message{"a", "1"}), values.put(message{"b", "2"}), values.put(message{"a", "3"}),
      values.put(message{"c", "4"});
  CHECK(all(values, "") == "3 4 ");
}

TEST_CASE("an empty body makes its topic forgotten; a message without a body is kept") {
  last_value values(10, 1000);
  values.put(message{"a", "1"}), values.put(message{"b", "2"}), values.put(message{"a", "", ""});
  CHECK(all(values, "") == "2 ");
  values.put(message{"a", "", "3"});
  CHECK(values.size() == 2);
  values.put(message{"alone"});
  CHECK(values.size() == 3);
}

TEST_CASE("the bytes are bounded, and given back") {
  last_value values(100, 20);
  values.put(message{"a", "12345"});
  CHECK(values.bytes() == 7);
  values.put(message{"b", "12345"}), values.put(message{"c", "12345"});
  CHECK(all(values, "") == "12345 12345 ");
  CHECK(values.bytes() <= 20);
  values.put(message{"b", std::string(100, 'x')});
  CHECK(all(values, "b") == "");
}

TEST_CASE("a walk goes on when topics come and go meanwhile") {
  last_value values(3, 1000);
  values.put(message{"a", "1"}), values.put(message{"b", "2"}), values.put(message{"c", "3"});
  auto walk = last_value::from("");
  REQUIRE(values.step(walk) != nullptr);
  values.put(message{"d", "4"});  // forgets a
  values.put(message{"b", "5"});
  std::string bodies;
  while (const message* m = values.step(walk)) bodies += m->text();
  CHECK(bodies == "534");
}

TEST_CASE("topics with zero bytes and high bytes are as good as others") {
  last_value values(10, 1000);
  const std::string zero("t\0x", 3), high("t\xff");
  values.put(message{zero, "1"}), values.put(message{high, "2"}), values.put(message{"t", "3"});
  CHECK(all(values, "t") == "3 1 2 ");
}
