#include "shared_fields.hpp"

#include <string>

namespace wye::detail {

std::string_view read_headers(msgpack_cursor& from, std::size_t pairs, std::size_t bytes) {
  const std::byte* const begin = from.at();
  for (std::size_t n = 2 * from.map(pairs); n > 0 && from.ok(); --n) from.text(bytes);
  if (!from.ok()) return {};
  const auto size = static_cast<std::size_t>(from.at() - begin);
  if (size > bytes) from.fail("more than " + std::to_string(bytes) + " bytes of headers");
  return {reinterpret_cast<const char*>(begin), size};
}

}  // namespace wye::detail
