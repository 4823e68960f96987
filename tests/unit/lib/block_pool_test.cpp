#include <doctest/doctest.h>
#include <malloc.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <semaphore>
#include <thread>
#include <vector>

#include <wye/detail/block_pool.hpp>

#include "lib/core/large_blocks.hpp"

namespace wye::detail {
namespace {

// Each block is full of its own mark, so that one which is handed out twice shows.
struct marked {
  marked(std::size_t n, int m) : size(n), mark(m), at(block_pool::take(n)) { std::memset(at, mark, size); }
  [[nodiscard]] bool whole() const {
    const auto* bytes = static_cast<const unsigned char*>(at);
    for (std::size_t i = 0; i < size; ++i)
      if (bytes[i] != static_cast<unsigned char>(mark)) return false;
    return true;
  }
  std::size_t size;
  int mark;
  void* at;
};

TEST_CASE("a block has the size that was asked for, and no two are the same") {
  std::vector<marked> all;
  for (const std::size_t size : std::initializer_list<std::size_t>{
           1, 127, 128, 129, 255, 256, 257, 4096, 4097, 8224, 8225, 32'000, 32'769, 65'536, 100'000, 1 << 20, 5 << 20})
    for (int twice = 0; twice < 2; ++twice) all.emplace_back(size, static_cast<int>(all.size()));
  for (const marked& b : all) CHECK(b.whole());
  for (const marked& b : all) CHECK(reinterpret_cast<std::uintptr_t>(b.at) % alignof(std::max_align_t) == 0);
  for (const marked& b : all) block_pool::give(b.at);
}

TEST_CASE("a block that another thread gives back is used again by the first") {
  void* const first = block_pool::take(1000);
  std::thread([&] { block_pool::give(first); }).join();
  void* const again = block_pool::take(1000);
  CHECK(again == first);
  block_pool::give(again);
}

TEST_CASE("blocks come home some at a time, while the thread that had them goes on") {
  std::vector<void*> all(100);
  for (void*& one : all) one = block_pool::take(2000);
  std::binary_semaphore given(0), seen(0);
  std::jthread other([&] {
    for (void* one : all) block_pool::give(one);
    given.release();
    seen.acquire();
  });
  given.acquire();
  std::size_t known = 0;
  std::vector<void*> again(all.size());
  for (void*& one : again) known += std::ranges::find(all, one = block_pool::take(2000)) != all.end() ? 1 : 0;
  CHECK(known >= 84);  // all but an unfinished lot
  seen.release();
  for (void* one : again) block_pool::give(one);
}

TEST_CASE("a block outlives the thread that took it") {
  void* left = nullptr;
  std::thread([&] { left = block_pool::take(1000); }).join();
  std::memset(left, 1, 1000);
  block_pool::give(left);
  std::thread([&] { block_pool::give(block_pool::take(1000)); }).join();
}

TEST_CASE("threads that hand blocks round keep them apart") {
  constexpr int count = 20'000;
  std::vector<std::vector<marked>> made(3);
  std::vector<std::jthread> threads;
  for (int round = 0; round < 2; ++round) {
    for (std::size_t t = 0; t < made.size(); ++t)
      threads.emplace_back([&, t] {
        for (const marked& b : made[t]) block_pool::give(b.at);
        made[t].clear();
        for (int i = 0; i < count; ++i) made[t].emplace_back(100 + 37 * t, i % 251);
      });
    threads.clear();
    for (const auto& one : made)
      for (const marked& b : one) REQUIRE(b.whole());
    std::rotate(made.begin(), made.begin() + 1, made.end());
  }
  for (const auto& one : made)
    for (const marked& b : one) block_pool::give(b.at);
}

std::size_t in_use() { return static_cast<std::size_t>(mallinfo2().uordblks + mallinfo2().hblkhd); }

TEST_CASE("a large block is used again by whoever comes next") {
  void* const first = block_pool::take(100'000);
  std::thread([&] { block_pool::give(first); }).join();
  void* const again = block_pool::take(99'000);
  CHECK(again == first);
  block_pool::give(again);
}

TEST_CASE("a large block has at most a quarter more than was asked for") {
  std::size_t before = 0;
  for (std::size_t size = large_blocks::least; size <= large_blocks::most; size += 777) {
    const std::size_t capacity = large_blocks::capacity_for(size);
    REQUIRE(capacity >= size);
    REQUIRE(capacity <= size + size / 4);
    REQUIRE(capacity >= before);
    REQUIRE(large_blocks::capacity_for(capacity) == capacity);
    before = capacity;
  }
}

TEST_CASE("what is kept of large blocks is bounded, and what nobody asks for makes room") {
  std::vector<void*> all(200);
  const std::size_t before = in_use();
  for (const std::size_t size : std::initializer_list<std::size_t>{100'000, 1'000'000, 40'000}) {
    for (void*& one : all) one = block_pool::take(size);
    for (void* one : all) block_pool::give(one);
    CHECK(in_use() < before + (17 << 20));
    void* const last = all.back();
    void* const again = block_pool::take(size);
    CHECK(again == last);
    block_pool::give(again);
  }
}

TEST_CASE("what is kept is bounded") {
  std::vector<void*> all;
  all.reserve(100'000);
  const std::size_t before = in_use();
  for (int i = 0; i < 100'000; ++i) all.push_back(block_pool::take(1000));
  for (std::size_t i = 0; i < all.size() / 2; ++i) block_pool::give(all[i]);
  std::thread([&] {
    for (std::size_t i = all.size() / 2; i < all.size(); ++i) block_pool::give(all[i]);
  }).join();
  CHECK(in_use() < before + (2 << 20));
}

}  // namespace
}  // namespace wye::detail
