// answers: what rep and respondent answer with: an echo, a text, or a command's output.
#pragma once

#include <optional>
#include <string>

#include <wye/message.hpp>
#include <wye/result.hpp>

#include "verb.hpp"

namespace wye::cli {

class answers {
 public:
  void options(CLI::App& to);
  /// Throws usage_error unless exactly one of the options was given.
  void check() const;
  /// The answer, or a failure with the command's stderr. At most `most` bytes of a command's output are kept, and one
  /// more, which makes the answer too large to send. Any thread.
  [[nodiscard]] result<message> to(message request, std::size_t most) const;

 private:
  bool echo_ = false;
  std::optional<std::string> reply_;
  std::string command_;
};

}  // namespace wye::cli
