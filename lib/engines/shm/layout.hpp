// layout: what the shared memory holds. README.md of this folder is the specification.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace wye::shm {

inline constexpr std::uint64_t magic = 0x3165'796d'6873'5795;  // little-endian "\x95Wshmye1"
inline constexpr std::uint32_t version = 1;

inline constexpr std::size_t page = 4096;
inline constexpr std::size_t slots = 4096;        ///< bodies in the arena that one link may refer to at a time
inline constexpr std::size_t max_frames = 1024;   ///< of one message
inline constexpr std::size_t store_copy = 64;     ///< a body up to this fits into a frame itself
inline constexpr std::size_t inline_most = 1024;  ///< a body above this travels through the arena
inline constexpr std::size_t ring_least = std::size_t{512} << 10;
inline constexpr std::size_t ring_most = std::size_t{16} << 20;

/// The first part of each side's own half of a link, behind which its ring stands. Only its owner can write it.
struct half {
  alignas(64) std::atomic<std::uint64_t> tail;             ///< bytes ever published in the owner's ring
  std::atomic<std::uint32_t> full;                         ///< the owner waits for room
  alignas(64) std::atomic<std::uint64_t> head;             ///< bytes ever taken from the other side's ring
  std::atomic<std::uint64_t> taken;                        ///< messages ever taken from it
  alignas(64) std::atomic<std::uint32_t> released[slots];  ///< the last use of each of the other's slots that ended
};
inline constexpr std::size_t half_size = (sizeof(half) + page - 1) / page * page;

/// The first page of each socket's station, behind which its arena stands. Only its owner can write it.
struct station_page {
  std::atomic<std::uint32_t> nap;  ///< odd while the owner sleeps; different in each sleep
};

/// One frame in a ring. Records begin at multiples of 8.
struct record {
  enum : std::uint8_t { more = 1, referred = 2 };
  std::uint32_t size;  ///< of the body
  std::uint16_t slot;  ///< referred: which slot is released when the body is no longer needed
  std::uint8_t flags;
  std::uint8_t zero;
};
static_assert(sizeof(record) == 8);

/// What follows a record that is `referred`, in place of the body.
struct reference {
  std::uint64_t offset;  ///< in the arena
  std::uint32_t use;     ///< of the slot, counted from 1
  std::uint32_t zero;
};
static_assert(sizeof(reference) == 16);

static_assert(std::atomic<std::uint64_t>::is_always_lock_free && std::atomic<std::uint32_t>::is_always_lock_free);

constexpr std::size_t padded(std::size_t n) noexcept { return (n + 7) & ~std::size_t{7}; }

}  // namespace wye::shm
