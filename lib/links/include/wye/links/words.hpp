// words: the 4-byte big-endian numbers of router and survey headers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <wye/frame.hpp>

namespace wye::links {

inline constexpr std::size_t word_size = 4;
/// Set in the last number of a header, the request id, and in no other.
inline constexpr std::uint32_t last_bit = 0x80000000U;
/// The request id of a message that has no envelope.
inline constexpr std::uint32_t free_id = last_bit;

/// Precondition: at least 4 bytes.
inline std::uint32_t word_in(bytes_view from) noexcept {
  std::uint32_t w = 0;
  for (std::size_t i = 0; i < word_size; ++i) w = w << 8U | std::to_integer<std::uint32_t>(from[i]);
  return w;
}

inline std::array<std::byte, word_size> bytes_of(std::uint32_t word) noexcept {
  return {static_cast<std::byte>(word >> 24U), static_cast<std::byte>(word >> 16U & 0xffU),
          static_cast<std::byte>(word >> 8U & 0xffU), static_cast<std::byte>(word & 0xffU)};
}

}  // namespace wye::links
