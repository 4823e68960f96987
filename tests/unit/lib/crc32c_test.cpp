// The checksum is the standard's, by instruction and by table.
#include <doctest/doctest.h>

#include <string>

#include <wye/crc32c.hpp>

namespace wye::test {
namespace {

TEST_CASE("CRC-32C is that of RFC 3720") {
  CHECK(crc32c(0, as_bytes("123456789")) == 0xE3069283);
  CHECK(crc32c(0, as_bytes(std::string(32, '\0'))) == 0x8A9136AA);
  CHECK(crc32c(0, as_bytes(std::string(32, '\xFF'))) == 0x62A8AB43);
  CHECK(crc32c(0, {}) == 0);
}

TEST_CASE("The instruction and the table agree, from any checksum on, at any length and alignment") {
  std::string text;
  for (int i = 0; i < 600; ++i) text += static_cast<char>(i * 37);
  for (std::size_t from = 0; from < 9; ++from)
    for (std::size_t size = 0; from + size <= text.size(); ++size) {
      const bytes_view part = as_bytes(text).subspan(from, size);
      CHECK(crc32c(0xDEADBEEF, part) == crc32c_by_table(0xDEADBEEF, part));
      const std::uint32_t first = crc32c(0, part.first(size / 2));
      CHECK(crc32c(first, part.subspan(size / 2)) == crc32c(0, part));
    }
}

}  // namespace
}  // namespace wye::test
