// console: what is said to people, on stderr, one line at a time.
#pragma once

#include <string>
#include <string_view>

namespace wye::cli {

/// Says `wye VERB: text` on stderr. Any thread; a line is never torn.
class console {
 public:
  explicit console(std::string program);

  /// Something that ends the command.
  void error(std::string_view text) const;
  /// Something that may need attention while the command goes on.
  void warning(std::string_view text) const;
  /// A line as it is, for machines to read: `bound URL`, statistics.
  static void line(std::string_view text);
  /// Replaces the current line of a terminal, where there is one.
  static void status(std::string_view text);
  [[nodiscard]] static bool is_terminal();

 private:
  void say(std::string_view colour, std::string_view kind, std::string_view text) const;
  std::string program_;
  bool colours_;
};

}  // namespace wye::cli
