// Sources of what is sent: the bodies of the command line, or the lines of stdin.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "verb.hpp"

namespace wye::cli {

class source {
 public:
  source() = default;
  source(const source&) = delete;
  source& operator=(const source&) = delete;
  virtual ~source() = default;

  /// The next body, waiting for it; false at the end or when stopped. Valid until the next call.
  virtual bool next(std::string_view& body) = 0;
  /// Which one that was, for messages to people: "line 3".
  [[nodiscard]] virtual std::string place() const = 0;
  /// How many are known to be left.
  [[nodiscard]] virtual std::uint64_t left() const = 0;
};

/// The bodies, `count` times over (once by default) and with `{{count}}` replaced by the message's number; without
/// bodies the lines of stdin, each at most `longest` bytes. Throws usage_error for a count without bodies.
std::unique_ptr<source> make_source(const session& in, std::optional<std::uint64_t> count, std::size_t longest);

}  // namespace wye::cli
