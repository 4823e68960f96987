// CRC-32C (Castagnoli, as in RFC 3720 appendix B.4): finds every error of up to three bits, and of one burst up to 32.
#pragma once

#include <cstdint>

#include <wye/frame.hpp>

namespace wye {

/// The checksum of what `before` is the checksum of, followed by `bytes`. 0 is the checksum of nothing. Uses the
/// processor's instruction where there is one. Any thread.
std::uint32_t crc32c(std::uint32_t before, bytes_view bytes) noexcept;

/// The same by a table, on any processor.
std::uint32_t crc32c_by_table(std::uint32_t before, bytes_view bytes) noexcept;

}  // namespace wye
