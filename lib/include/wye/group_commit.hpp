// group_commit: one flush for all that waits for one.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include <wye/result.hpp>
#include <wye/store.hpp>

namespace wye {

/// When an append may be confirmed.
enum class sync_mode : std::uint8_t {
  always,    ///< when it is on the medium: survives the loss of power
  interval,  ///< at once; on the medium at most `interval` (and one flush) later: a loss of power takes what is younger
  none,      ///< at once; on the medium when the system finds time. Survives the process, not the loss of power
};

/// "always", "interval", "none". Any thread.
std::string_view name_of(sync_mode mode) noexcept;

struct sync_options {
  sync_mode mode = sync_mode::always;
  std::chrono::milliseconds interval{100};  ///< for sync_mode::interval, 1 ms to 1 h: how much a loss of power takes
};

/// Runs store.sync() on a thread of its own, so that the thread that appends never waits for the medium. While one sync
/// runs, appends gather, and the next one covers them all.
///
///   log.append(…); waiting.push_back({commit.appended(), client});        // and in the loop, after `wake`:
///   if (auto last = commit.durable()) confirm_up_to(*last); else refuse_all(last.error());
///
/// Contract: appended() and durable() are for the thread that appends; they take a lock for an instant and never wait
/// for the medium. No function throws but the constructor.
class group_commit {
 public:
  /// Names an append: it and all appends before it. 1, 2, 3 …
  using ticket = std::uint64_t;

  /// Keeps a reference to `of`, which must outlive this. `wake` is called without a lock held, on the thread that
  /// synced, after durable() has changed; it must not throw and must not call this object. In the modes that confirm at
  /// once it is called only for a failure. Throws bad_option (interval).
  group_commit(store& of, const sync_options& options, std::function<void()> wake = {});
  group_commit(const group_commit&) = delete;
  group_commit& operator=(const group_commit&) = delete;
  /// Syncs once more if something was appended since, except in sync_mode::none.
  ~group_commit();

  /// Says that something was appended to any of the store's logs.
  ticket appended();

  /// The same for a caller that has nothing else to do: syncs at once on its own thread, without wake(), which spares
  /// two hand-overs between threads. Only in sync_mode::always, while no sync runs, and when the last one was quick (1
  /// ms): else it is appended().
  ticket appended_when_idle();

  /// The last ticket that may be confirmed. A failure (io) is for good: what has not been confirmed may not be, ever.
  [[nodiscard]] result<ticket> durable() const;

  /// Blocks until all that was appended is on the medium, in any mode: for a device that ends. Errors: io.
  result<void> flush();

 private:
  void run(const std::stop_token& stop);
  void sync(ticket up_to);
  [[nodiscard]] bool durable_or_failed(ticket up_to) const;
  [[nodiscard]] result<void> timed_sync();
  void settle(ticket up_to, const result<void>& done);
  [[nodiscard]] bool behind() const { return synced_ != appended_ && !failed_; }

  store& store_;
  const sync_options options_;
  const std::function<void()> wake_;
  std::mutex syncing_;  // held during a sync, which only one thread at a time may ask the store for
  std::chrono::steady_clock::duration took_{};  // the last sync; under `syncing_`
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  ticket appended_ = 0;
  ticket synced_ = 0;
  std::optional<failure> failed_;
  std::jthread thread_;  // the last: it uses the others
};

}  // namespace wye
