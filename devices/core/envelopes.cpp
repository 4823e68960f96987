#include "envelopes.hpp"

#include <cstring>
#include <random>

#include <wye/envelope.hpp>

namespace wye::devices {
namespace {

struct secrets {
  std::uint64_t a, b;
};

const secrets& seed() {
  static const secrets once = [] {
    std::random_device random;
    const auto draw = [&random] { return (std::uint64_t{random()} << 32 | random()) | 1; };
    return secrets{draw(), draw()};
  }();
  return once;
}

std::uint64_t mix(std::uint64_t a, std::uint64_t b) noexcept {
  __extension__ using wide = unsigned __int128;
  const wide product = static_cast<wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

std::uint64_t hash(std::uint64_t h, bytes_view bytes) noexcept {
  const secrets& s = seed();
  for (; bytes.size() > 8; bytes = bytes.subspan(8)) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), 8);
    h = mix(h ^ s.a, word ^ s.b);
  }
  std::uint64_t tail = 0;
  if (!bytes.empty()) std::memcpy(&tail, bytes.data(), bytes.size());
  return mix(h ^ s.b, tail ^ s.a ^ (std::uint64_t{bytes.size()} << 59));
}

}  // namespace

std::optional<std::size_t> envelope_size(const message& m) noexcept {
  for (std::size_t i = 0; i < m.size(); ++i)
    if (m[i].empty()) return i;
  return std::nullopt;
}

bool same_front(const message& a, const message& b, std::size_t count) noexcept {
  if (a.size() < count || b.size() < count) return false;
  for (std::size_t i = 0; i < count; ++i)
    if (!(a[i] == b[i])) return false;
  return true;
}

std::uint64_t hash_front(const message& m, std::size_t count) noexcept {
  std::uint64_t h = count;
  for (std::size_t i = 0; i < count; ++i) h = hash(h, m[i].bytes());
  return h;
}

bool names_request(const message& m, std::size_t envelope) noexcept {
  if (envelope == 0) return false;
  const bytes_view last = m[envelope - 1].bytes();
  return envelope::decode(last).has_value() || (last.size() == 4 && envelope::decode_serial(last).has_value());
}

}  // namespace wye::devices
