// shared_fields: what the protocols of the queues and of the log read alike.
#pragma once

#include <cstddef>
#include <string_view>

#include "msgpack_cursor.hpp"

namespace wye::detail {

/// Names hold no such byte: they are printed.
inline bool is_control(char c) noexcept { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

/// The bytes of a map from text to text, as they stand; a fault if it has more than `pairs`, or `bytes` in all.
std::string_view read_headers(msgpack_cursor& from, std::size_t pairs, std::size_t bytes);

}  // namespace wye::detail
