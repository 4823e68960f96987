// line_reader: a descriptor's lines, read in large pieces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace wye::cli {

/// Lines end with a newline, which is not part of them; the last one need not have it. Any bytes. Memory is bounded:
/// a line above `longest` bytes throws leave{65} that names its number.
class line_reader {
 public:
  /// `stop_fd` ends the waiting when it becomes readable. Both descriptors stay the caller's.
  line_reader(int fd, int stop_fd, std::size_t longest);

  /// The next line, waiting for it; false at the end of the input or when stopped. Valid until the next call.
  bool next(std::string_view& line);

  /// A line that is already here. Valid until the next call of fill() or next().
  bool take(std::string_view& line);
  /// Reads once, waiting for input; false at the end of the input or when stopped. Then one unfinished line may be
  /// left.
  bool fill();
  /// The last line, if the input ended without a newline. (When stopped, an unfinished line is not a line.)
  bool take_rest(std::string_view& line);
  /// Lines read from the descriptor and not taken, a last unfinished one included.
  [[nodiscard]] std::size_t left() const;

  /// The number of the line taken last, from 1.
  [[nodiscard]] std::uint64_t number() const noexcept { return number_; }

 private:
  bool wait_for_input() const;
  void make_room();

  int fd_;
  int stop_fd_;
  std::size_t longest_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;    // of what was not taken yet
  std::size_t scanned_ = 0;  // no newline between begin_ and here
  std::size_t end_ = 0;
  bool ended_ = false;
  std::uint64_t number_ = 0;
};

}  // namespace wye::cli
