// topic_bindings: what `wye topics bind` says of a binding, and how a binding is shown.
#pragma once

#include <string>
#include <vector>

#include <wye/binding_settings.hpp>

#include "json.hpp"
#include "verb.hpp"

namespace wye::cli {

class binding_options {
 public:
  void options(CLI::App& to);
  /// `patterns`: those of --match. Throws usage_error.
  [[nodiscard]] binding_settings settings(const std::vector<std::string>& patterns) const;

 private:
  std::string to_, queue_, stream_ = "default";
  std::vector<std::string> subjects_, headers_;
  bool any_ = false;
};

/// One line, with tabs, and lines for what is wrong with it.
std::vector<std::string> lines_of(const binding_info& b);
json json_of(const binding_info& b);

}  // namespace wye::cli
