#include <wye/result.hpp>

#include <doctest/doctest.h>

#include <set>

namespace wye {

TEST_CASE("every code has a name, a sentence and an exit status of sysexits") {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(errc::exists); ++i) {
    const auto code = static_cast<errc>(i);
    names.insert(name_of(code));
    CHECK_FALSE(make_error_code(code).message().empty());
    const int status = exit_status(code);
    CHECK((status == 0 || status == 1 || (status >= 64 && status <= 78)));
    CHECK((status == 0) == (code == errc::ok));
  }
  CHECK(names.size() == static_cast<std::size_t>(errc::exists) + 1);
  CHECK(name_of(static_cast<errc>(999)) == "unknown");
  CHECK(exit_status(errc::timeout) == 75);
  CHECK(exit_status(errc::no_peer) == 69);
}

TEST_CASE("every failure has a name that leads back to it; what is none is remote") {
  for (int code = 1; code <= static_cast<int>(errc::exists); ++code)
    CHECK(code_named(name_of(static_cast<errc>(code))) == static_cast<errc>(code));
  CHECK(code_named("ok") == errc::remote);
  CHECK(code_named("") == errc::remote);
  CHECK(code_named("a code of tomorrow") == errc::remote);
}

TEST_CASE("a result holds a value or says why not; value() throws that") {
  const result<int> good = 42, bad = failure(errc::no_peer, "gone");
  CHECK(good.value() == 42);
  CHECK(good.code() == errc::ok);
  CHECK(bad.value_or(7) == 7);
  try {
    (void)bad.value();
    FAIL("did not throw");
  } catch (const error& why) {
    CHECK(why.which() == errc::no_peer);
    CHECK(std::string(why.what()) == "gone");
  }
  CHECK_THROWS_AS(result<void>(errc::closed).value(), error);
  CHECK_NOTHROW(result<void>().value());
}

}  // namespace wye
