// outflow: what push and pub do: bodies or lines, at a rate, until all is delivered.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "ending.hpp"
#include "links.hpp"
#include "notices.hpp"
#include "source.hpp"

namespace wye::cli {

class outflow {
 public:
  /// Makes a message of a body that is valid until it is sent. Throws leave{65}, `place` named, if it can't.
  using filler = std::function<void(message& m, std::string_view body, const source& from)>;

  /// Adds the options of sending, and the endpoints.
  void options(CLI::App& to);
  [[nodiscard]] const links& where() const noexcept { return links_; }

  /// Announces the bound endpoints, sends everything through `through` and closes it. Returns the exit status.
  int run(session& in, socket& through, const filler& fill);
  /// For verbs that send otherwise: the bodies of --count or the arguments; null: the lines of stdin.
  [[nodiscard]] std::unique_ptr<source> given(const session& in, std::size_t longest) const;
  [[nodiscard]] const ending& end() const noexcept { return ending_; }
  [[nodiscard]] double rate() const;

 private:
  void wait_for_peers(socket& through, notices& tell, const std::stop_token& stop) const;
  void send_all(session& in, socket& through, notices& tell, source& from, const filler& fill);
  void hand_over(socket& through, notices& tell, message& m, const source& from, const std::stop_token& stop);
  void not_sent(const notices& tell, errc why, const source& from) const;

  links links_;
  ending ending_;
  std::size_t wait_peers_ = 0;
  std::optional<std::uint64_t> count_;
  std::string rate_;
  bool progress_ = false;
  std::uint64_t sent_ = 0;
};

}  // namespace wye::cli
