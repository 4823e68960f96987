#include <wye/crc32c.hpp>

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_acle.h>
#include <sys/auxv.h>
#endif

namespace wye {
namespace {

constexpr std::uint32_t polynomial = 0x82F63B78;  // 0x1EDC6F41, the lowest bit first

constexpr std::array<std::uint32_t, 256> make_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t c = i;
    for (int bit = 0; bit < 8; ++bit) c = (c >> 1) ^ ((c & 1) != 0 ? polynomial : 0);
    table[i] = c;
  }
  return table;
}
constexpr auto table = make_table();

// Eight bytes a step with one instruction, then the rest byte by byte.
#define WYE_CRC32C_STEPS(eight, one)                                                \
  const std::byte* at = bytes.data();                                               \
  std::size_t left = bytes.size();                                                  \
  for (; left >= 8; at += 8, left -= 8) {                                           \
    std::uint64_t word;                                                             \
    std::memcpy(&word, at, 8);                                                      \
    c = static_cast<decltype(c)>(eight(c, word));                                   \
  }                                                                                 \
  auto rest = static_cast<std::uint32_t>(c);                                        \
  for (; left != 0; ++at, --left) rest = one(rest, static_cast<std::uint8_t>(*at)); \
  return ~rest

#if defined(__x86_64__)

__attribute__((target("sse4.2"))) std::uint32_t by_instruction(std::uint32_t before, bytes_view bytes) noexcept {
  std::uint64_t c = ~before;
  c &= 0xFFFFFFFF;
  WYE_CRC32C_STEPS(_mm_crc32_u64, _mm_crc32_u8);
}
bool has_instruction() {
  __builtin_cpu_init();
  return __builtin_cpu_supports("sse4.2") != 0;
}

#elif defined(__aarch64__)

__attribute__((target("+crc"))) std::uint32_t by_instruction(std::uint32_t before, bytes_view bytes) noexcept {
  std::uint32_t c = ~before;
  WYE_CRC32C_STEPS(__crc32cd, __crc32cb);
}
bool has_instruction() {
  constexpr unsigned long crc32 = 1 << 7;  // HWCAP_CRC32
  return (getauxval(AT_HWCAP) & crc32) != 0;
}

#else

std::uint32_t by_instruction(std::uint32_t before, bytes_view bytes) noexcept { return crc32c_by_table(before, bytes); }
bool has_instruction() { return false; }

#endif

const auto best = has_instruction() ? by_instruction : crc32c_by_table;

}  // namespace

std::uint32_t crc32c_by_table(std::uint32_t before, bytes_view bytes) noexcept {
  std::uint32_t c = ~before;
  for (const std::byte b : bytes) c = (c >> 8) ^ table[(c ^ static_cast<std::uint8_t>(b)) & 0xFF];
  return ~c;
}

std::uint32_t crc32c(std::uint32_t before, bytes_view bytes) noexcept { return best(before, bytes); }

}  // namespace wye
