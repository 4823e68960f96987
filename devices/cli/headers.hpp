// headers: what --header NAME=VALUE says.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace wye::cli {

/// Throws usage_error for one without `=`.
std::map<std::string, std::string> parse_headers(const std::vector<std::string>& texts);

}  // namespace wye::cli
