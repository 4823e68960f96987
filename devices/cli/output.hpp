// output: stdout, in large pieces.
#pragma once

#include <string>
#include <string_view>

namespace wye::cli {

/// Gathers text and writes it when flushed or when much has gathered. A reader that has gone (`| head`) ends the
/// command quietly: flush throws leave{0} without a sentence.
class output {
 public:
  /// The text to append to; call done() after each message.
  std::string& text() noexcept { return text_; }
  void done() {
    if (text_.size() >= much) flush();
  }
  void flush();

 private:
  static constexpr std::size_t much = std::size_t{64} << 10;
  std::string text_;
};

}  // namespace wye::cli
