// conversation: what dealer, router, pair and bus do: lines in, lines out, both at once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ending.hpp"
#include "links.hpp"
#include "notices.hpp"
#include "printer.hpp"

namespace wye::cli {

class conversation {
 public:
  /// Adds the options, and the endpoints. `echo`: adds --echo, too.
  void options(CLI::App& to, bool echo);
  /// Adds --batch, for roles that have batches.
  void sender_options(CLI::App& to) { links_.sender_options(to); }
  [[nodiscard]] const links& where() const noexcept { return links_; }

  /// Announces the bound endpoints; sends the bodies or the lines of stdin and prints what comes, until the input has
  /// ended and --count messages came; or echoes. A router's lines and messages have the peer's identity in front.
  int run(session& in, socket& through);

 private:
  class talk;
  links links_;
  ending ending_;
  printer print_;
  std::optional<std::uint64_t> count_;
  bool echo_ = false;
};

}  // namespace wye::cli
