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

  /// Where messages come from, if not straight from a socket.
  struct feed {
    socket& link;  ///< its connections are watched, and its ledger printed
    /// As socket::try_recv and socket::recv.
    std::function<errc(message&)> try_next;
    std::function<result<void>(message&, deadline, const std::stop_token&)> next;
    /// All that was taken so far has been printed, or its commands have run.
    std::function<void()> done = [] {};
    bool stop_at_failure = false;  ///< a command that fails ends it, and that message is not done
  };

  /// Adds the options of receiving, and the endpoints.
  void options(CLI::App& to);
  [[nodiscard]] const links& where() const noexcept { return links_; }

  /// Announces the bound endpoints and receives until --count, --timeout or a signal. Returns the exit status.
  int run(session& in, socket& from, const splitter& split);
  int run(session& in, const feed& from, const splitter& split);

 private:
  int receive_all(session& in, const feed& from, const splitter& split);
  bool receive(const feed& from, notices& tell, message& m, const std::stop_token& stop);
  void drain(const feed& from, const splitter& split);
  void show(const feed& from);
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
