// Stores that older versions wrote stay readable: each directory in golden/ was written by the version of its name.
#include <doctest/doctest.h>

#include <filesystem>

#include "kinds.hpp"

namespace wye::test {
namespace {

namespace fs = std::filesystem;

texts expected_orders() {
  texts all;
  for (int n = 1; n <= 60; ++n) {
    const std::string number = std::to_string(n);
    if (n % 3 != 0)
      all.push_back(number + ":head " + number + "=order " + number + " " +
                    std::string(static_cast<std::size_t>(n % 40), 'x'));
  }
  return all;
}

TEST_CASE("A store of any earlier format is read, and goes on") {
  int found = 0;
  for (const auto& golden : fs::directory_iterator(fs::path(WYE_SOURCE_DIR) / "tests/unit/stores/golden")) {
    INFO(golden.path().string());
    const temporary_directory d;
    const disk_store_options options{.directory = d.path() + "/store", .reserve_bytes = 0};
    fs::copy(golden.path(), options.directory, fs::copy_options::recursive);
    for (int again = 0; again < 2; ++again) {
      const auto s = make_disk_store(options);
      CHECK(s->recovery().findings == texts());
      CHECK(s->names() == texts{"a/b \xff", "orders"});
      const auto orders = s->open("orders").value();
      texts expected = expected_orders();
      if (again != 0) expected.push_back("61:=new");
      CHECK(contents(*orders) == expected);
      std::vector<record> first;
      REQUIRE(orders->read(1, {.records = 1}, first));
      CHECK(first.at(0).time == 1'700'000'000'000'001);
      CHECK(contents(*s->open("a/b \xff").value()) == texts{"2:2=two"});
      if (again == 0) CHECK(put(*orders, "", "new") == 61);
    }
    ++found;
  }
  CHECK(found >= 1);
}

}  // namespace
}  // namespace wye::test
