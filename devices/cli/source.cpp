#include "source.hpp"

#include <unistd.h>

#include "leave.hpp"
#include "lines.hpp"

namespace wye::cli {
namespace {

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
}

class given_bodies final : public source {
 public:
  given_bodies(const session& in, std::uint64_t count)
      : bodies_(in.bodies), stop_(in.interrupts.token()), left_(count * bodies_.size()) {}

  bool next(std::string_view& body) override {
    if (left_ == 0 || stop_.stop_requested()) return false;
    --left_;
    body_ = bodies_[taken_++ % bodies_.size()];
    replace_all(body_, "{{count}}", std::to_string(taken_));
    body = body_;
    return true;
  }
  [[nodiscard]] std::string place() const override { return "message " + std::to_string(taken_); }
  [[nodiscard]] std::uint64_t left() const override { return left_; }

 private:
  const std::vector<std::string>& bodies_;
  std::stop_token stop_;
  std::string body_;
  std::uint64_t left_;
  std::uint64_t taken_ = 0;
};

class lines_of_stdin final : public source {
 public:
  lines_of_stdin(const session& in, std::size_t longest)
      : lines_(STDIN_FILENO, in.interrupts.stop_fd(), longest), stop_(in.interrupts.token()) {}

  bool next(std::string_view& body) override { return !stop_.stop_requested() && lines_.next(body); }
  [[nodiscard]] std::string place() const override { return "line " + std::to_string(lines_.number()); }
  [[nodiscard]] std::uint64_t left() const override { return lines_.left(); }

 private:
  line_reader lines_;
  std::stop_token stop_;
};

}  // namespace

std::unique_ptr<source> make_source(const session& in, std::optional<std::uint64_t> count, std::size_t longest) {
  if (!in.bodies.empty()) return std::make_unique<given_bodies>(in, count.value_or(1));
  if (count) throw usage_error("--count repeats the BODY arguments; there are none");
  return std::make_unique<lines_of_stdin>(in, longest);
}

}  // namespace wye::cli
