// environment: what the logs of one store share: the files, the options, what failed, and what waits to be synced.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <wye/store.hpp>

#include "io.hpp"

namespace wye::disk {

class disk_log;

/// Any thread.
class environment {
 public:
  environment(io& files, const disk_store_options& options) : files_(files), options_(options) {}

  [[nodiscard]] io& files() const { return files_; }
  [[nodiscard]] const disk_store_options& options() const { return options_; }
  [[nodiscard]] std::string path(const std::string& below) const { return options_.directory + "/" + below; }

  /// A write or a sync failed: nothing is written any more. The first reason stays.
  void fail(const failure& why);
  /// Fails if something has failed, or the store was opened for inspection.
  [[nodiscard]] result<void> writable() const;

  /// True if the file system has `bytes` to spare beside the reserve.
  [[nodiscard]] bool has_room(std::uint64_t bytes) const;
  void set_full(bool full) { full_ = full; }
  [[nodiscard]] bool full() const;

  [[nodiscard]] store_state state() const;
  [[nodiscard]] std::string reason() const;

  /// `l` has something to sync. Until the next sync has taken it.
  void add_dirty(std::weak_ptr<disk_log> l);
  std::vector<std::weak_ptr<disk_log>> take_dirty();

  /// Says that a segment may be worth giving back.
  std::function<void()> on_garbage = [] {};

 private:
  io& files_;
  const disk_store_options options_;
  mutable std::mutex mutex_;
  failure failed_ = errc::ok;
  mutable std::atomic<bool> full_ = false;
  std::vector<std::weak_ptr<disk_log>> dirty_;
};

}  // namespace wye::disk
