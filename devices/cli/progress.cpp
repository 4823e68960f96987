#include "progress.hpp"

#include <cmath>
#include <string>

#include "console.hpp"
#include "quantities.hpp"

namespace wye::cli {

progress::progress(bool wanted, std::uint64_t expected)
    : shown_(wanted && console::is_terminal()), expected_(expected) {}

progress::~progress() {
  if (!shown_) return;
  show();
  console::status("");
}

void progress::show() {
  constexpr auto period = std::chrono::milliseconds(200);
  const auto now = clock::now();
  next_ = now + period;
  const double seconds = std::chrono::duration<double>(now - start_).count();
  const double rate = seconds > 0 ? static_cast<double>(messages_) / seconds : 0;
  std::string line = std::to_string(messages_) + " messages, " + std::to_string(std::llround(rate)) + "/s";
  if (expected_ > messages_ && rate > 0) {
    const double left = static_cast<double>(expected_ - messages_) / rate;
    line += ", " + str(std::chrono::seconds(std::llround(left))) + " left";
  }
  console::status(line);
}

}  // namespace wye::cli
