// patient_lines: the lines of stdin, with time for other things while it waits for them.
#pragma once

#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <string_view>

#include <wye/engine.hpp>

#include "lines.hpp"
#include "verb.hpp"

namespace wye::cli {

/// Ends when the input does, or at a signal.
class patient_lines {
 public:
  patient_lines(const session& in, std::size_t longest)
      : lines_(STDIN_FILENO, in.interrupts.stop_fd(), longest), stop_fd_(in.interrupts.stop_fd()) {}

  /// `work` is called before each wait, which ends when `with` has something to read, or soon if `work` returned true.
  template <class Work>
  bool next(std::string_view& line, raw_socket& with, Work&& work) {
    while (!lines_.take(line)) {
      if (!reading_) return lines_.take_rest(line);
      wait(with, work() ? deadline(look_again) : deadline(std::chrono::seconds(1)));
    }
    return true;
  }
  [[nodiscard]] std::uint64_t left() const { return lines_.left(); }
  [[nodiscard]] std::string place() const { return "line " + std::to_string(lines_.number()); }

 private:
  void wait(raw_socket& with, deadline until) {
    if (any(with.ready(events::readable))) return;
    std::vector<pollfd> fds{{stop_fd_, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
    with.poll_fds(events::readable, fds);
    poll_until(fds, until);
    if (fds[0].revents != 0) reading_ = false;
    else if (fds[1].revents != 0) reading_ = lines_.fill();
  }

  static constexpr auto look_again = std::chrono::milliseconds(20);  // connections have no event in poll(2)

  line_reader lines_;
  int stop_fd_;
  bool reading_ = true;
};

}  // namespace wye::cli
