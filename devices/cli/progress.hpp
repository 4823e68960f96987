// progress: rate and count on a terminal's stderr, with --progress.
#pragma once

#include <cstdint>

#include <wye/clock.hpp>

namespace wye::cli {

/// Says nothing where stderr is no terminal.
class progress {
 public:
  /// `expected` messages, for the time left; 0 if not known.
  progress(bool wanted, std::uint64_t expected);
  progress(const progress&) = delete;
  progress& operator=(const progress&) = delete;
  /// Ends the line.
  ~progress();

  void count() {
    if (!shown_) return;
    ++messages_;
    if (clock::now() >= next_) show();
  }

 private:
  void show();
  bool shown_;
  std::uint64_t expected_;
  std::uint64_t messages_ = 0;
  time_point start_ = clock::now();
  time_point next_ = start_;
};

}  // namespace wye::cli
