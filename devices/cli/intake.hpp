// intake: what pull and sub do with what arrives: print it, or run a command for it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "ending.hpp"
#include "links.hpp"
#include "notices.hpp"
#include "printer.hpp"
#include "progress.hpp"

namespace wye::cli {

class intake {
 public:
  /// What is no body, taken out of a message: its topic.
  struct part {
    std::string_view name;
    frame value;
  };
  using splitter = std::function<std::optional<part>(message& m)>;

  /// Adds the options of receiving, and the endpoints.
  void options(CLI::App& to);
  [[nodiscard]] const links& where() const noexcept { return links_; }

  /// Announces the bound endpoints and receives until --count, --timeout or a signal. Returns the exit status.
  int run(session& in, socket& from, const splitter& split);

 private:
  int receive_all(session& in, socket& from, const splitter& split);
  bool receive(socket& from, notices& tell, message& m, const std::stop_token& stop);
  void drain(socket& from, const splitter& split);
  void take(message& m, const splitter& split);
  void execute(const label* beside, const message& body);
  void warn_of_left_behind(session& in, socket& from) const;

  [[nodiscard]] bool complete() const noexcept { return count_ && received_ >= *count_; }

  links links_;
  ending ending_;
  printer print_;
  std::optional<std::uint64_t> count_;
  std::string command_;
  bool progress_ = false;
  std::uint64_t received_ = 0;
  std::uint64_t failed_ = 0;
};

}  // namespace wye::cli
