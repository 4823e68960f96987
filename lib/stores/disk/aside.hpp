// aside: bytes that are no longer part of a log, kept in files of their own, because nothing is ever thrown away
// unseen.
#pragma once

#include <string>
#include <string_view>

#include "io.hpp"

namespace wye::disk {

/// Copies `bytes` durably to a new file in the directory `aside` (made if absent), whose name tells where they were.
result<void> keep_aside(io& files, const std::string& aside, std::string_view log, std::uint64_t ordinal,
                        std::uint64_t offset, bytes_view bytes);

/// Moves a whole file there, durably.
result<void> move_aside(io& files, const std::string& aside, std::string_view log, const std::string& directory,
                        const std::string& name);

/// The name of a log as a file name: letters, digits, `-` and `_` as they are, other bytes as %XX, and at most 200
/// bytes of that.
std::string escaped(std::string_view name);

/// The other way; empty if that is not possible.
std::string unescaped(std::string_view name);

}  // namespace wye::disk
