// CRC32C (Castagnoli), as RFC 3720 appendix B.4 specifies it: by which a body can be told again.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace wye::cli {

inline std::uint32_t crc32c(std::string_view bytes, std::uint32_t before = 0) noexcept {
  constexpr auto table = [] {
    std::array<std::uint32_t, 256> all{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      std::uint32_t value = i;
      for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) != 0 ? 0x82f63b78u : 0);
      all[i] = value;
    }
    return all;
  }();
  std::uint32_t crc = ~before;
  for (const char c : bytes) crc = (crc >> 8) ^ table[(crc ^ static_cast<unsigned char>(c)) & 0xff];
  return ~crc;
}

}  // namespace wye::cli
