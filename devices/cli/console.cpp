#include "console.hpp"

#include <unistd.h>

#include <cstdlib>

namespace wye::cli {
namespace {

void write_all(std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(STDERR_FILENO, text.data(), text.size());
    if (written <= 0) return;  // nobody reads it: there is nowhere left to say so
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

bool wants_colours() {
  const char* refused = std::getenv("NO_COLOR");  // NOLINT(concurrency-mt-unsafe): read once, before any thread
  return console::is_terminal() && (refused == nullptr || *refused == '\0');
}

}  // namespace

console::console(std::string program) : program_(std::move(program)), colours_(wants_colours()) {}

bool console::is_terminal() { return ::isatty(STDERR_FILENO) == 1; }

void console::error(std::string_view text) const { say("\033[31m", "", text); }
void console::warning(std::string_view text) const { say("\033[33m", "warning: ", text); }

void console::say(std::string_view colour, std::string_view kind, std::string_view text) const {
  std::string out = colours_ ? std::string(colour) + program_ + ":\033[0m " : program_ + ": ";
  write_all(out.append(kind).append(text).append("\n"));
}

void console::line(std::string_view text) { write_all(std::string(text) + "\n"); }

void console::status(std::string_view text) {
  if (is_terminal()) write_all("\r\033[K" + std::string(text));
}

}  // namespace wye::cli
