// device_process: a device as a process: its options, its signals, its statistics, its ledger.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <wye/devices/device.hpp>

#include "batch_option.hpp"
#include "socket_flags.hpp"
#include "verb.hpp"

namespace wye::cli {

/// What the verbs of devices share.
class device_process {
 public:
  void options(CLI::App& to);
  /// --backend-plain and --backend-plain-connect, for those that have them.
  void plain_options(CLI::App& to);

  [[nodiscard]] device_options common() const;
  [[nodiscard]] context_options context() const { return {.io_threads = io_threads_}; }
  [[nodiscard]] endpoints plain() const { return plain_; }
  [[nodiscard]] endpoints plain_connect() const { return plain_connect_; }

  /// Announces the endpoints and runs the device until a signal: the first drains, a second is quick, SIGUSR1 prints
  /// statistics. Returns 0 if nothing was left, else 75.
  int run(session& in, device& d) const;

 private:
  void report(const device& d, std::string_view what) const;

  std::vector<std::string> frontend_, frontend_connect_, backend_, backend_connect_, capture_, plain_, plain_connect_;
  std::string drain_timeout_, stats_, name_;
  int io_threads_ = context_options{}.io_threads;
  socket_flags flags_;
  batch_option batch_;
  bool json_ = false;
};

}  // namespace wye::cli
