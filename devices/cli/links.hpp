// links: the endpoints and socket options that the verbs of patterns share.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include <wye/pattern.hpp>

#include "batch_option.hpp"
#include "socket_flags.hpp"
#include "verb.hpp"

namespace wye::cli {

/// --bind, --connect and what a socket can be told.
class links {
 public:
  /// Adds the options. `timeout` says what --timeout means for this verb; empty for a verb without it.
  void options(CLI::App& to, const std::string& timeout);
  /// Adds --batch, for a verb that sends in a role that can.
  void sender_options(CLI::App& to) { batch_.options(to); }

  /// Throws usage_error without any endpoint.
  [[nodiscard]] endpoints bind() const;
  [[nodiscard]] endpoints connect() const;
  [[nodiscard]] socket_options socket() const;
  [[nodiscard]] pattern_options pattern() const { return {.bind = bind(), .connect = connect(), .socket = socket()}; }

  /// --timeout, from now; never without it.
  [[nodiscard]] deadline patience() const;
  [[nodiscard]] bool has_timeout() const noexcept { return !timeout_.empty(); }
  /// "5s", as it was written.
  [[nodiscard]] const std::string& timeout_text() const noexcept { return timeout_; }
  /// How long the last messages may take to leave: --linger, else --timeout, else a day (5 s for verbs without
  /// --timeout: those end when they are told to).
  [[nodiscard]] std::chrono::milliseconds last_wait() const;
  /// All endpoints as given, for messages to people.
  [[nodiscard]] std::string where() const;

 private:
  void check() const;
  std::chrono::milliseconds default_linger_{};
  std::vector<std::string> bind_;
  std::vector<std::string> connect_;
  std::string timeout_;
  std::string linger_;
  std::string identity_;
  socket_flags flags_;
  batch_option batch_;
};

/// Prints `bound URL` for each on stderr.
void announce(const std::vector<endpoint>& bound);

}  // namespace wye::cli
