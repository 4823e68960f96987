// device_link: where a device of named queues is, and how long to wait for it: for put, get and queues.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <wye/clock.hpp>
#include <wye/options.hpp>

#include "batch_option.hpp"
#include "socket_flags.hpp"
#include "verb.hpp"

namespace wye::cli {

class device_link {
 public:
  /// Adds --connect, --timeout (`timeout` says what it means for this verb) and what the socket can be told.
  void options(CLI::App& to, const std::string& timeout);

  /// Throws usage_error unless there is exactly one endpoint.
  [[nodiscard]] std::string connect() const;
  [[nodiscard]] socket_options socket() const;
  /// --timeout; nothing without it.
  [[nodiscard]] std::optional<std::chrono::milliseconds> timeout() const;
  /// From now; never without --timeout.
  [[nodiscard]] deadline patience() const;

 private:
  std::vector<std::string> connect_;
  std::string timeout_;
  socket_flags flags_;
  batch_option batch_;
};

/// Adds --queue, which must be given.
void add_queue_option(CLI::App& to, std::string& into);

}  // namespace wye::cli
