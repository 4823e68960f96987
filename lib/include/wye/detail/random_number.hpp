// random_number: 64 bits that nobody else has.
#pragma once

#include <cstdint>
#include <random>

namespace wye::detail {

/// From the system's source. Any thread.
inline std::uint64_t random_number() {
  std::random_device source;
  return (std::uint64_t{source()} << 32) | source();
}

}  // namespace wye::detail
