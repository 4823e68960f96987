#include <wye/message.hpp>

#include <doctest/doctest.h>

#include <thread>
#include <vector>

namespace wye {

TEST_CASE("frames of every size and holder copy, move and slice to the same bytes") {
  for (const std::size_t size : {0u, 1u, 63u, 64u, 65u, 1000u}) {
    CAPTURE(size);
    const std::string text(size, 'q');
    auto owner = std::make_shared<const std::string>(text);
    const frame holders[] = {frame::copy_of(text), frame::of(owner, as_bytes(*owner))};
    for (const frame& original : holders) {
      frame copy = original;
      const frame moved = std::move(copy);
      CHECK((moved == text));
      CHECK(copy.empty());  // NOLINT(bugprone-use-after-move): that is the test
      const frame part = moved.slice(size / 3, size / 2);
      CHECK((part == std::string_view(text).substr(size / 3, size / 2)));
      CHECK_FALSE(moved.borrowed());
    }
  }
}

TEST_CASE("an owner lives as long as any frame of it, and no longer") {
  auto owner = std::make_shared<const std::string>(1000, 'x');
  const std::weak_ptr<const std::string> watched = owner;
  {
    frame first = frame::of(owner, as_bytes(*owner));
    owner.reset();
    const frame second = first.slice(10, 10);
    first = frame();
    CHECK_FALSE(watched.expired());
    CHECK((second == std::string(10, 'x')));
  }
  CHECK(watched.expired());
}

TEST_CASE("copies of one frame may be released on different threads") {
  for (int round = 0; round < 50; ++round) {
    const frame shared = frame::copy_of(std::string(5000, 'x'));
    std::vector<std::jthread> all;
    for (int t = 0; t < 4; ++t)
      all.emplace_back([copy = shared] {
        for (int i = 0; i < 100; ++i) (void)frame(copy).slice(1, 2);
      });
  }
}

TEST_CASE("a frame assigned to itself stays, and a borrowed one says so") {
  frame f = frame::copy_of("kept");
  frame& same = f;
  f = same;
  CHECK((f == "kept"));
  CHECK(frame::borrow(as_bytes("x")).borrowed());
  CHECK_FALSE(frame().borrowed());
}

TEST_CASE("a moved-from message is empty and can be used again") {
  message m{"a", "b", "c"};
  message taken = std::move(m);
  CHECK(m.empty());  // NOLINT(bugprone-use-after-move): that is the test
  CHECK(taken.size() == 3);
  m.push_back("new");
  CHECK((m == message("new")));
}

TEST_CASE("frames keep their order when a message of them is copied, moved and cut at either end") {
  const std::string_view texts[] = {"first", "second", "third", "fourth"};
  for (std::size_t count = 0; count <= 4; ++count)
    for (std::size_t cut = 0; cut <= count; ++cut) {
      CAPTURE(count);
      CAPTURE(cut);
      message m;
      for (std::size_t i = 0; i < count; ++i) m.extend() = frame::copy_of(texts[i]);
      message head = m, tail = std::move(m);
      head.truncate(cut);
      tail.drop_front(cut);
      REQUIRE(head.size() == cut);
      REQUIRE(tail.size() == count - cut);
      std::size_t bytes = 0;
      for (std::size_t i = 0; i < count; ++i) {
        CHECK(((i < cut ? head[i] : tail[i - cut]) == texts[i]));
        bytes += texts[i].size();
      }
      CHECK(head.byte_size() + tail.byte_size() == bytes);
      m = std::move(tail);
      m.push_front(frame::copy_of("new"));
      CHECK((m.front() == "new"));
      CHECK(m.size() == count - cut + 1);
    }
}

}  // namespace wye
