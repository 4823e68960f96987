// check_option: what is said of an option that is out of its range.
#pragma once

#include <string>
#include <string_view>

#include <wye/error.hpp>

namespace wye::detail {

/// Throws bad_option, naming the option and its range, unless it `holds`.
inline void check_option(bool holds, std::string_view option, std::string_view range) {
  if (!holds)
    throw error(errc::bad_option, "option " + std::string(option) + " is out of its range: " + std::string(range));
}

}  // namespace wye::detail
