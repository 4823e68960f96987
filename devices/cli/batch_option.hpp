// batch_option: --batch of the verbs that send.
#pragma once

#include <string>

#include <wye/options.hpp>

#include "verb.hpp"

namespace wye::cli {

class batch_option {
 public:
  /// Adds --batch; `help` says what it is for where that is more than usual.
  void options(CLI::App& to, const std::string& help = "Gather small messages under load; default 64KiB,50us");
  /// No batches without the option. Throws usage_error that says what is expected.
  [[nodiscard]] batching value() const;

 private:
  std::string text_;
};

}  // namespace wye::cli
