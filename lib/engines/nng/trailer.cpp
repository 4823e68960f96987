#include "trailer.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "framing.hpp"

namespace wye::nng {
namespace {

// From the end of the body backwards: magic, version, flags, frame count, lengths, identity length, identity.
constexpr std::array<unsigned char, 8> magic{0x93, 'W', 'y', 'e', 'M', 'F', 0x0d, 0x0a};
constexpr unsigned char version = 1;
constexpr unsigned char has_identity = 1;
constexpr std::size_t fixed_size = 2 + 1 + 1 + magic.size();

bool ends_in_magic(bytes_view body) noexcept {
  return body.size() >= magic.size() &&
         std::memcmp(body.data() + body.size() - magic.size(), magic.data(), magic.size()) == 0;
}

std::size_t big_endian(const std::byte* from, std::size_t bytes) noexcept {
  std::size_t value = 0;
  for (std::size_t i = 0; i < bytes; ++i) value = value << 8 | std::to_integer<std::size_t>(from[i]);
  return value;
}

std::byte* put(std::byte* out, std::size_t value, std::size_t bytes) noexcept {
  for (std::size_t i = bytes; i-- > 0; value >>= 8) out[i] = static_cast<std::byte>(value & 0xff);
  return out + bytes;
}

std::size_t sum_of_lengths(const trailer& t) noexcept {
  std::size_t sum = 0;
  for (std::size_t i = 0; i < t.frames; ++i) sum += t.length(i);
  return sum;
}

}  // namespace

std::size_t trailer::length(std::size_t i) const noexcept { return big_endian(lengths + 4 * i, 4); }

result<trailer> read_trailer(bytes_view body) noexcept {
  if (!ends_in_magic(body)) return trailer{};
  if (body.size() < fixed_size) return errc::malformed;
  const std::byte* fixed = body.data() + body.size() - fixed_size;
  const auto flags = std::to_integer<unsigned>(fixed[2]);
  if (std::to_integer<unsigned char>(fixed[3]) != version || (flags & ~unsigned{has_identity}) != 0)
    return errc::malformed;
  trailer t;
  t.frames = big_endian(fixed, 2);
  std::size_t left = body.size() - fixed_size;  // bytes not explained yet
  if (t.frames < 1 || t.frames > max_frames || left < 4 * t.frames) return errc::malformed;
  left -= 4 * t.frames;
  t.lengths = body.data() + left;
  if ((flags & has_identity) != 0) {
    if (left < 1) return errc::malformed;
    const auto size = std::to_integer<std::size_t>(body[--left]);
    if (size == 0 || size > left) return errc::malformed;
    left -= size;
    t.identity = body.subspan(left, size);
  }
  if (sum_of_lengths(t) != left) return errc::malformed;
  return t;
}

bool needs_trailer(const message& m, std::size_t first, std::string_view identity) noexcept {
  return m.size() - first != 1 || !identity.empty() || ends_in_magic(m.back().bytes());
}

std::size_t trailer_size(const message& m, std::size_t first, std::string_view identity) noexcept {
  if (!needs_trailer(m, first, identity)) return 0;
  return (identity.empty() ? 0 : identity.size() + 1) + 4 * (m.size() - first) + fixed_size;
}

std::size_t body_size(const message& m, std::size_t first, std::string_view identity) noexcept {
  std::size_t size = trailer_size(m, first, identity);
  for (std::size_t i = first; i < m.size(); ++i) size += m[i].size();
  return size;
}

void write_body(const message& m, std::size_t first, std::string_view identity, std::byte* out) noexcept {
  for (std::size_t i = first; i < m.size(); ++i) out = write_bytes(out, m[i].bytes());
  write_trailer(m, first, identity, out);
}

void write_trailer(const message& m, std::size_t first, std::string_view identity, std::byte* out) noexcept {
  if (!needs_trailer(m, first, identity)) return;
  if (!identity.empty()) {
    out = write_bytes(out, as_bytes(identity));
    out = put(out, identity.size(), 1);
  }
  for (std::size_t i = first; i < m.size(); ++i) out = put(out, m[i].size(), 4);
  out = put(out, m.size() - first, 2);
  out = put(out, identity.empty() ? 0 : has_identity, 1);
  out = put(out, version, 1);
  std::transform(magic.begin(), magic.end(), out, [](unsigned char c) { return std::byte{c}; });
}

}  // namespace wye::nng
