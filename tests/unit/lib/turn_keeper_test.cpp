#include <wye/detail/turn_keeper.hpp>

#include <doctest/doctest.h>

#include <thread>
#include <vector>

namespace wye::detail {

TEST_CASE("one thread enters again and again; another enters when it has left") {
  turn_keeper turns;
  for (int i = 0; i < 3; ++i) CHECK(bool(inside(turns)));
  std::jthread([&] { CHECK(bool(inside(turns))); }).join();
  CHECK(bool(inside(turns)));
}

TEST_CASE("while one thread is inside no other gets in, and it does not disturb the first") {
  turn_keeper turns;
  {
    const inside mine(turns);
    REQUIRE(bool(mine));
    for (int i = 0; i < 3; ++i) std::jthread([&] { CHECK_FALSE(bool(inside(turns))); }).join();
  }
  CHECK(bool(inside(turns)));
}

TEST_CASE("a helper visits while nobody is inside, and whoever comes meanwhile waits for it") {
  turn_keeper turns;
  CHECK(turns.visit([] {}));
  CHECK(bool(inside(turns)));
  {
    const inside mine(turns);
    std::jthread([&] { CHECK_FALSE(turns.visit([] { FAIL("somebody is inside"); })); }).join();
  }
  std::atomic<bool> visiting{false};
  long visits = 0, turns_taken = 0;  // plain: protected by being inside
  std::jthread helper([&] {
    for (int i = 0; i < 2000; ++i)
      while (!turns.visit([&] { visiting = true, ++visits, visiting = false; })) {
      }
  });
  for (int i = 0; i < 20'000; ++i) {
    const inside mine(turns);
    if (!mine) FAIL_CHECK("turned away");
    if (visiting) FAIL_CHECK("two inside");
    ++turns_taken;
  }
  helper.join();
  CHECK(visits == 2000);
  CHECK(turns_taken == 20'000);
}

TEST_CASE("of many threads never two are inside at once") {
  turn_keeper turns;
  long entered = 0, total = 0;  // plain: protected by being inside
  std::vector<std::jthread> all;
  std::atomic<long> successes{0};
  std::atomic<bool> two{false};
  std::atomic<int> now_inside{0};
  for (int t = 0; t < 4; ++t)
    all.emplace_back([&] {
      for (int i = 0; i < 20'000; ++i) {
        const inside in(turns);
        if (!in) continue;
        if (now_inside.fetch_add(1, std::memory_order_relaxed) != 0) two = true;
        ++entered, ++total;
        now_inside.fetch_sub(1, std::memory_order_relaxed);
        ++successes;
      }
    });
  all.clear();
  CHECK_FALSE(two);
  CHECK(entered == successes);
  CHECK(total == successes);
}

}  // namespace wye::detail
