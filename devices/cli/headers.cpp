#include "headers.hpp"

#include "leave.hpp"

namespace wye::cli {

std::map<std::string, std::string> parse_headers(const std::vector<std::string>& texts) {
  std::map<std::string, std::string> all;
  for (const auto& text : texts) {
    const auto at = text.find('=');
    if (at == std::string::npos)
      throw usage_error("--header '" + text + "' is not understood; write it like name=value");
    all[text.substr(0, at)] = text.substr(at + 1);
  }
  return all;
}

}  // namespace wye::cli
