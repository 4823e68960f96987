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

// Eight bytes a step with one instruction, then four, and the rest byte by byte.
#define WYE_CRC32C_STEPS(eight, four, one)                                          \
  for (; left >= 8; at += 8, left -= 8) c = eight(c, load<std::uint64_t>(at));      \
  auto rest = static_cast<std::uint32_t>(c);                                        \
  if (left >= 4) rest = four(rest, load<std::uint32_t>(at)), at += 4, left -= 4;    \
  for (; left != 0; ++at, --left) rest = one(rest, static_cast<std::uint8_t>(*at)); \
  return ~rest

template <class Number>
[[maybe_unused]] Number load(const std::byte* from) noexcept {
  Number n;
  std::memcpy(&n, from, sizeof n);
  return n;
}

#if defined(__x86_64__)

// The instruction takes three cycles, and one may begin in each: so three strands of a block go side by side. A
// strand's checksum is carried over the bytes behind it by a multiplication with a power of x. The last step of the
// last strand takes the products in; with the order of the bits, lowest first, that is another x^33 for each.
constexpr std::size_t strand = 80;  // bytes: three of them are most of a message of 256
constexpr std::uint32_t power_of_x(std::size_t n) {
  std::uint32_t p = 0x80000000;
  for (; n != 0; --n) p = (p >> 1) ^ ((p & 1) != 0 ? polynomial : 0);
  return p;
}
constexpr std::uint32_t over_one = power_of_x(8 * strand - 33), over_two = power_of_x(16 * strand - 33);

__attribute__((target("sse4.2,pclmul"))) inline std::uint64_t carried(std::uint64_t c, std::uint32_t over) noexcept {
  return static_cast<std::uint64_t>(_mm_cvtsi128_si64(
      _mm_clmulepi64_si128(_mm_cvtsi64_si128(static_cast<std::int64_t>(c)), _mm_cvtsi64_si128(std::int64_t{over}), 0)));
}

__attribute__((target("sse4.2,pclmul"))) std::uint64_t block(std::uint64_t a, const std::byte* at) noexcept {
  std::uint64_t b = 0, c = 0;
  const auto* const last = at + strand - 8;
  for (; at != last; at += 8) {
    a = _mm_crc32_u64(a, load<std::uint64_t>(at));
    b = _mm_crc32_u64(b, load<std::uint64_t>(at + strand));
    c = _mm_crc32_u64(c, load<std::uint64_t>(at + 2 * strand));
  }
  a = _mm_crc32_u64(a, load<std::uint64_t>(at));
  b = _mm_crc32_u64(b, load<std::uint64_t>(at + strand));
  return _mm_crc32_u64(c, load<std::uint64_t>(at + 2 * strand) ^ carried(a, over_two) ^ carried(b, over_one));
}

__attribute__((target("sse4.2,pclmul"))) std::uint32_t by_instruction(std::uint32_t before, bytes_view bytes) noexcept {
  std::uint64_t c = static_cast<std::uint32_t>(~before);
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 3 * strand; at += 3 * strand, left -= 3 * strand) c = block(c, at);
  WYE_CRC32C_STEPS(_mm_crc32_u64, _mm_crc32_u32, _mm_crc32_u8);
}
bool has_instruction() {
  __builtin_cpu_init();
  return __builtin_cpu_supports("sse4.2") != 0 && __builtin_cpu_supports("pclmul") != 0;
}

#elif defined(__aarch64__)

__attribute__((target("+crc"))) std::uint32_t by_instruction(std::uint32_t before, bytes_view bytes) noexcept {
  std::uint32_t c = ~before;
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  WYE_CRC32C_STEPS(__crc32cd, __crc32cw, __crc32cb);
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
