// socket_flags: what any verb lets its sockets be told.
#pragma once

#include <cstddef>
#include <string>

#include <wye/options.hpp>

#include "verb.hpp"

namespace wye::cli {

class socket_flags {
 public:
  /// Adds --max-message, --send-queue, --receive-queue, --max-queue-bytes and --spin.
  void options(CLI::App& to);
  /// Adds --heartbeat, for verbs that have no other meaning for it.
  void heartbeat_option(CLI::App& to);
  /// The defaults where nothing was said. Throws usage_error that says what is expected.
  [[nodiscard]] socket_options value() const;

 private:
  std::string max_message_, max_queue_bytes_, heartbeat_, spin_;
  std::size_t send_queue_ = socket_options{}.send_queue;
  std::size_t receive_queue_ = socket_options{}.receive_queue;
};

}  // namespace wye::cli
