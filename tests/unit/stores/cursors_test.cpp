// Named cursors on a log.
#include <doctest/doctest.h>

#include <wye/cursors.hpp>
#include <wye/error.hpp>

#include "kinds.hpp"

namespace wye::test {
namespace {

struct kept {
  std::unique_ptr<store> in = make_memory_store();
  [[nodiscard]] cursors open() const { return cursors(in->open("cursors").value()); }
  [[nodiscard]] std::uint64_t records() const { return in->open("cursors").value()->bounds().records; }
};

TEST_CASE("Cursors are found again with their last value, and nothing else is kept") {
  const kept k;
  {
    cursors c = k.open();
    CHECK(c.get("billing") == nullptr);
    for (sequence at = 1; at <= 100; ++at) REQUIRE(c.set("billing", at, as_bytes(std::to_string(at))));
    REQUIRE(c.set("audit", UINT64_MAX));
    CHECK(*c.get("billing") == cursor{.at = 100, .state = "100"});
  }
  CHECK(k.records() == 2);
  const cursors again = k.open();
  CHECK(*again.get("billing") == cursor{.at = 100, .state = "100"});
  CHECK(*again.get("audit") == cursor{.at = UINT64_MAX, .state = ""});
  CHECK(again.all().size() == 2);
}

TEST_CASE("A removed cursor stays removed") {
  const kept k;
  {
    cursors c = k.open();
    REQUIRE(c.set("a", 1));
    REQUIRE(c.set("b", 2));
    REQUIRE(c.remove("a"));
    REQUIRE(c.remove("never there"));
    CHECK(c.get("a") == nullptr);
  }
  CHECK(k.records() == 1);
  CHECK(k.open().get("a") == nullptr);
}

TEST_CASE("Many cursors change in one step; of a name that occurs twice the last one counts") {
  const kept k;
  {
    cursors c = k.open();
    REQUIRE(c.set("old", 7));
    const named_cursor changed[] = {{.name = "a", .at = 1}, {.name = "b", .at = 2}, {.name = "a", .at = 3}};
    const std::string_view removed[] = {"old", "b"};
    REQUIRE(c.commit(changed, removed));
    CHECK(c.get("a")->at == 3);
    CHECK(c.get("b")->at == 2);
    CHECK(c.get("old") == nullptr);
  }
  CHECK(k.records() == 2);
  CHECK(k.open().all().size() == 2);
}

TEST_CASE("What a cursor cannot be is refused, and nothing changes") {
  const kept k;
  cursors c = k.open();
  const std::string large(4097, 'x'), long_name(1025, 'n');
  CHECK(c.set("", 1).code() == errc::bad_option);
  CHECK(c.set(long_name, 1).code() == errc::bad_option);
  CHECK(c.set("a", 1, as_bytes(large)).code() == errc::too_large);
  CHECK(c.set("a", 1, as_bytes(large).subspan(1)));
  CHECK(c.all().size() == 1);
}

TEST_CASE("A log of something else is no log of cursors") {
  const kept k;
  put(*k.in->open("cursors").value(), "name", "short");
  CHECK_THROWS_AS((void)k.open(), error);
}

TEST_CASE("A value that a lost erase left behind is superseded, and erased with the next change") {
  const kept k;
  {
    const auto l = k.in->open("cursors").value();
    put(*l, "a", std::string("\1\0\0\0\0\0\0\0", 8));
    put(*l, "a", std::string("\2\0\0\0\0\0\0\0", 8));
  }
  {
    cursors c = k.open();
    CHECK(c.get("a")->at == 2);
    REQUIRE(c.set("b", 1));
  }
  CHECK(k.records() == 2);
}

}  // namespace
}  // namespace wye::test
