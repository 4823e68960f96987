#include <wye/clock.hpp>

#include <doctest/doctest.h>

namespace wye {

using namespace std::chrono_literals;

TEST_CASE("deadlines at the ends of time neither overflow nor pass wrongly") {
  CHECK(deadline::now().passed());
  CHECK(deadline(-5s).passed());
  CHECK(deadline(0s).left() == duration::zero());
  CHECK(deadline(-5s).left() == duration::zero());
  CHECK_FALSE(deadline::never().passed());
  CHECK(deadline::never().left() == duration::max());
  CHECK(deadline(std::chrono::hours::max()).is_never());
  CHECK(deadline(std::chrono::duration<double>(1e300)).is_never());
  CHECK_FALSE(deadline(std::chrono::hours(1)).passed());
}

TEST_CASE("the earlier of two deadlines is the earlier") {
  CHECK(earlier(deadline::never(), deadline::now()).passed());
  CHECK(earlier(1h, deadline::never()).at() < time_point::max());
}

}  // namespace wye
