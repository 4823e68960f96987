// leave: how a verb ends early, with an exit status and a sentence.
#pragma once

#include <sysexits.h>

#include <stdexcept>
#include <string>

namespace wye::cli {

/// Thrown to end the command. An empty sentence ends it without a word.
class leave : public std::runtime_error {
 public:
  leave(int status, const std::string& why) : std::runtime_error(why), status_(status) {}
  [[nodiscard]] int status() const noexcept { return status_; }

 private:
  int status_;
};

/// A command line that makes no sense.
inline leave usage_error(const std::string& why) { return {EX_USAGE, why}; }

}  // namespace wye::cli
