// What is special about the memory store.
#include <doctest/doctest.h>

#include <wye/error.hpp>

#include "kinds.hpp"

namespace wye::test {
namespace {

TEST_CASE("A full memory store refuses, and takes again when there is room") {
  const auto s = make_memory_store({.max_bytes = 100});
  const auto a = s->open("a").value(), b = s->open("b").value();
  put(*a, "", std::string(60, 'a'));
  const std::string body(50, 'b');
  const entry more[] = {entry_of("", body)};
  CHECK(b->append(more).code() == errc::no_space);
  CHECK(s->state() == store_state::full);
  CHECK(s->reason() == "the memory store has reached max_bytes");
  CHECK(contents(*a).size() == 1);
  REQUIRE(a->trim(2));
  CHECK(s->state() == store_state::writable);
  CHECK(b->append(more));
}

TEST_CASE("In a full memory store what replaces goes on, and takes no room") {
  const auto s = make_memory_store({.max_bytes = 100});
  const auto l = s->open("cursors").value(), other = s->open("other").value();
  put(*l, "name", std::string(10, 'a'));
  put(*other, "", std::string(80, 'b'));
  for (sequence n = 1; n <= 100; ++n) {
    const std::string body(10, 'c');
    entry one[] = {entry_of("name", body)};
    const sequence gone[] = {n};
    CHECK(l->append(one).code() == errc::no_space);
    one[0].replaces = true;
    REQUIRE(l->append(one, gone).value() == n + 1);
  }
  CHECK(contents(*l).size() == 1);
}

TEST_CASE("A memory store without room for any record is refused") {
  CHECK_THROWS_AS(make_memory_store({.max_record = 0}), error);
}

TEST_CASE("States have names") {
  CHECK(name_of(store_state::writable) == "writable");
  CHECK(name_of(store_state::full) == "full");
  CHECK(name_of(store_state::read_only) == "read_only");
}

}  // namespace
}  // namespace wye::test
