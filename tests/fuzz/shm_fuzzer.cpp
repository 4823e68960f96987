// What a hostile peer writes into its memory: it is read within its bounds, or ends the link.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "lib/engines/shm/control.hpp"
#include "lib/engines/shm/inbox.hpp"

namespace {

using namespace wye::shm;

constexpr std::size_t ring = ring_least;
constexpr std::size_t arena_size = page + (std::size_t{64} << 10);

// The peer's half and station, which stay; each input is written into them.
struct peer {
  descriptor half_fd, station_fd, my_fd;
  region half_memory = region::make(half_size + ring, ring, half_fd);
  region station_memory = region::make(arena_size, 0, station_fd);

  std::shared_ptr<joint> meet() {
    auto j = std::make_shared<joint>();
    j->mine = region::make(half_size + ring, ring, my_fd);
    j->theirs = *region::open(half_fd.get(), half_size + ring, ring);
    j->their_station = *region::open(station_fd.get(), arena_size, 0);
    j->their_arena = arena_size;
    j->hold_most = arena_size / 4;
    j->shares = std::make_unique<std::atomic<std::uint32_t>[]>(slots);
    return j;
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static peer other;
  hello h{};
  std::memcpy(&h, data, std::min(size, sizeof h));
  if (h.sane() && (h.name_size > 255 || h.ring > ring_most)) std::abort();
  if (size < 8) return 0;

  std::uint64_t tail = 0;
  std::memcpy(&tail, data, sizeof tail);
  auto& half_of_theirs = *reinterpret_cast<half*>(other.half_memory.data());
  const std::size_t bytes = std::min(size - sizeof tail, ring);
  std::memcpy(other.half_memory.data() + half_size, data + sizeof tail, bytes);
  half_of_theirs.tail.store(tail < 256 ? (bytes + 7) / 8 * 8 : tail);  // a byte of nonsense is enough to find the rest

  inbox in(other.meet(), ring, 1000, 4096);
  wye::message m, kept;
  for (std::size_t i = 0; i < 10'000; ++i) {
    const wye::errc got = in.take(m, i % 2);
    if (got == wye::errc::would_block || got == wye::errc::malformed) return 0;
    if (got != wye::errc::ok) continue;
    std::size_t sum = 0;
    for (const wye::frame& f : m)
      for (const std::byte b : f.bytes()) sum += std::to_integer<std::size_t>(b);
    if (sum % 3 == 0) kept = m;  // a frame that stays, so that its slot may be used again too early
  }
  return 0;
}
