// The bytes of a batch: docs/reference/wire.md.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace wye::batch {

inline constexpr std::size_t version_at = 8, messages_at = 12, frames_at = 16;
inline constexpr std::uint32_t version = 1U << 24;      // one byte, and three of zero
inline constexpr std::uint32_t more_follow = 1U << 31;  // in a length: another frame of the same message follows

inline std::uint32_t swapped(std::uint32_t n) noexcept {
  return std::endian::native == std::endian::little ? __builtin_bswap32(n) : n;
}
inline std::uint32_t load(const std::byte* at) noexcept {
  std::uint32_t n = 0;
  std::memcpy(&n, at, sizeof n);
  return swapped(n);
}
inline void store(std::byte* at, std::uint32_t n) noexcept {
  n = swapped(n);
  std::memcpy(at, &n, sizeof n);
}

}  // namespace wye::batch
