#include "lines.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "leave.hpp"

namespace wye::cli {
namespace {

constexpr std::size_t piece = std::size_t{256} << 10;

}  // namespace

line_reader::line_reader(int fd, int stop_fd, std::size_t longest)
    : fd_(fd), stop_fd_(stop_fd), longest_(longest), buffer_(2 * piece) {}

bool line_reader::next(std::string_view& line) {
  while (!take(line))
    if (!fill()) return take_rest(line);
  return true;
}

bool line_reader::take(std::string_view& line) {
  const char* from = buffer_.data() + scanned_;
  const auto* newline = static_cast<const char*>(std::memchr(from, '\n', end_ - scanned_));
  if (newline == nullptr) return scanned_ = end_, false;
  const char* start = buffer_.data() + begin_;
  line = {start, static_cast<std::size_t>(newline - start)};
  begin_ = scanned_ = static_cast<std::size_t>(newline - buffer_.data()) + 1;
  ++number_;
  return true;
}

bool line_reader::take_rest(std::string_view& line) {
  if (!ended_ || begin_ == end_) return false;
  line = {buffer_.data() + begin_, end_ - begin_};
  begin_ = scanned_ = end_;
  ++number_;
  return true;
}

std::size_t line_reader::left() const {
  const std::string_view rest(buffer_.data() + begin_, end_ - begin_);
  const auto whole = static_cast<std::size_t>(std::count(rest.begin(), rest.end(), '\n'));
  return whole + (rest.empty() || rest.back() == '\n' ? 0 : 1);
}

bool line_reader::wait_for_input() const {
  std::array<pollfd, 2> fds{{{fd_, POLLIN, 0}, {stop_fd_, POLLIN, 0}}};
  while (::poll(fds.data(), fds.size(), -1) < 0)
    if (errno != EINTR) return false;
  return fds[1].revents == 0;
}

bool line_reader::fill() {
  if (!wait_for_input()) return false;
  make_room();
  const auto got = ::read(fd_, buffer_.data() + end_, buffer_.size() - end_);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return true;
  if (got < 0) throw leave(EX_IOERR, "cannot read the input: " + std::string(std::strerror(errno)));
  end_ += static_cast<std::size_t>(got);
  ended_ = got == 0;
  return !ended_;
}

void line_reader::make_room() {
  if (end_ - begin_ > longest_)
    throw leave(EX_DATAERR, "line " + std::to_string(number_ + 1) + " of the input is longer than " +
                                std::to_string(longest_) + " bytes; raise --max-message on both sides");
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    scanned_ -= begin_;
    begin_ = 0;
  }
  if (buffer_.size() - end_ < piece) buffer_.resize(2 * buffer_.size());
}

}  // namespace wye::cli
