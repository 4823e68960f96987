// ending: the end of a verb that sends: close, and say what was not delivered.
#pragma once

#include "links.hpp"

namespace wye::cli {

/// --ledger and --json, and what they print.
class ending {
 public:
  void options(CLI::App& to);
  [[nodiscard]] bool as_json() const noexcept { return json_; }

  /// Closes, waiting until everything accepted has left the process, at most links.last_wait(). A signal that arrives
  /// meanwhile says what is left and ends the process with status 75. Says what was not delivered, and returns 75 then,
  /// else 0.
  int close(session& in, socket& through, const links& where) const;
  /// Prints the ledger if it was asked for.
  void print(const ledger& counts) const;

 private:
  bool ledger_ = false;
  bool json_ = false;
};

}  // namespace wye::cli
