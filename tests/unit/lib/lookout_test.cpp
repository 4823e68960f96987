#include <doctest/doctest.h>

#include <wye/detail/lookout.hpp>
#include <wye/wake_event.hpp>

namespace wye::detail {
namespace {

using namespace std::chrono_literals;

struct watched {
  wake_event e;
  std::vector<pollfd> fds{{e.fd(), POLLIN, 0}};
};

}  // namespace

TEST_CASE("a lookout sees what is there and what comes, and says where") {
  watched w;
  lookout l(1s);
  CHECK_FALSE(lookout(1us).comes_soon(w.fds));
  w.e.set();
  CHECK(l.comes_soon(w.fds));
  CHECK(w.fds.front().revents == POLLIN);
}

TEST_CASE("a lookout that may not look leaves it to the sleep") {
  watched w;
  w.e.set();
  CHECK_FALSE(lookout(0s).comes_soon(w.fds));
  CHECK(w.fds.front().revents == 0);
}

TEST_CASE("a lookout that looked in vain leaves out one call, then two") {
  watched w;
  lookout l(1us);
  CHECK_FALSE(l.comes_soon(w.fds));
  w.e.set();
  CHECK_FALSE(l.comes_soon(w.fds));  // left out
  CHECK(l.comes_soon(w.fds));
  w.e.clear();
  CHECK_FALSE(l.comes_soon(w.fds));
  w.e.set();
  CHECK_FALSE(l.comes_soon(w.fds));
  CHECK(l.comes_soon(w.fds));
}

}  // namespace wye::detail
