// The reference is complete: what it must list is taken from the library.
#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <regex>
#include <string>

#include <wye/error.hpp>
#include <wye/ledger.hpp>

namespace {

std::string text_of(const std::string& path) {
  std::ifstream in(WYE_SOURCE_DIR "/" + path);
  return {std::istreambuf_iterator<char>(in), {}};
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("the page on errors has every code with its number and exit status") {
  const std::string page = text_of("docs/reference/errors.md");
  for (int number = 0; number < 26; ++number) {
    const auto code = static_cast<wye::errc>(number);
    const std::string row = "| `" + std::string(name_of(code)) + "` | " + std::to_string(number) + " | " +
                            std::to_string(exit_status(code)) + " |";
    CHECK_MESSAGE(has(page, row), row);
  }
  CHECK(name_of(static_cast<wye::errc>(26)) == "unknown");  // a new code needs a new row
}

TEST_CASE("the page on the ledger has every reason, and no other") {
  const std::string page = text_of("docs/reference/metrics.md");
  const auto from = page.find("## Reasons"), to = page.find("## Devices");
  REQUIRE(from != std::string::npos);
  const std::string table = page.substr(from, to - from);
  for (std::size_t i = 0; i < wye::drop_reasons; ++i) {
    const std::string row = "\n| `" + std::string(name_of(static_cast<wye::drop_reason>(i))) + "` |";
    CHECK_MESSAGE(has(table, row), row);
  }
  const std::regex row("\n\\| `");
  CHECK(std::distance(std::sregex_iterator(table.begin(), table.end(), row), {}) == wye::drop_reasons);
}

TEST_CASE("the README's program is one of the examples") {
  const std::string readme = text_of("README.md");
  const auto from = readme.find("```cpp\n") + 7, to = readme.find("```\n", from);
  REQUIRE(to != std::string::npos);
  CHECK(has(text_of("examples/28_readme.cpp"), readme.substr(from, to - from)));
}
