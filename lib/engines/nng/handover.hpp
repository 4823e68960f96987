// handover: what was accepted, and how much of it NNG has handed over.
#pragma once

#include <nng/nng.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>

#include <wye/clock.hpp>
#include <wye/ledger.hpp>

#include "arrivals.hpp"
#include "protocol.hpp"

namespace wye::nng {

/// How a connection tells what it has handed over.
enum class witness {
  statistics,  ///< tcp, ipc: NNG counts what it wrote to the kernel
  stamps,      ///< inproc: the receiver finds our stamps
  nothing,     ///< ws
};

/// The books of one socket. Any thread, unless a function says otherwise.
class handover {
 public:
  /// `depth`: messages that NNG holds for one connection. `direct`: nothing queues before that.
  handover(flow kind, std::size_t depth, bool direct) noexcept : flow_(kind), depth_(depth), direct_(direct) {}

  void up(std::uint32_t pipe, witness how);
  /// Call while NNG still has the statistics of the connection.
  void gone(std::uint32_t pipe);

  /// Stamps a message that is about to be sent to `pipe` (0 unless addressed). Before sending it.
  void stamp(nng_msg* m, std::uint32_t pipe);
  /// The message was accepted for `pipe`.
  void accepted(std::uint32_t pipe);
  /// addressed: whether NNG surely has room for one more message to `pipe`.
  bool has_room(std::uint32_t pipe);
  /// True once an inproc connection was there: messages need room for a stamp.
  [[nodiscard]] bool stamping() const noexcept { return stamping_.load(std::memory_order_relaxed); }

  /// True as long as nothing was accepted.
  [[nodiscard]] bool untouched() const noexcept { return accepted_.load(std::memory_order_relaxed) == 0; }

  /// What is known after asking NNG.
  struct sight {
    std::uint64_t in_flight = 0;   ///< known to wait
    bool exact = true;             ///< false: more may wait, on connections that tell nothing
    std::uint64_t progress = 0;    ///< grows as long as something is handed over
    std::uint64_t queue_full = 0;  ///< broadcast: dropped by NNG for at least one connection
    std::uint64_t peer_lost = 0;   ///< addressed: were waiting for a connection when it went
    std::uint64_t at_risk = 0;     ///< pooled: may have gone with a connection
  };
  sight look();

  /// Ends the books: what is still waiting has been counted by whoever closes.
  void close();

 private:
  struct account {
    witness how = witness::statistics;
    std::uint64_t first = 0;   // broadcast: messages accepted before it came up
    std::uint64_t given = 0;   // addressed: messages accepted for it
    std::uint64_t handed = 0;  // as far as known
    std::uint64_t dropped = 0;
    std::uint64_t moves = 0;                  // messages accepted and handed over, when last looked at
    time_point moved{};                       // when a look found that changed
    time_point paced{};                       // nothing to go by: when `handed` was last estimated
    std::unique_ptr<arrival_count> arrivals;  // addressed
  };

  [[nodiscard]] bool blind(const account& a) const noexcept;
  [[nodiscard]] bool is_open(const account& a) const noexcept;
  [[nodiscard]] bool is_estimate(const account& a) const noexcept;
  void ask_nng();
  void settle(account& a);
  std::uint64_t waiting_for(const account& a) const noexcept;
  std::uint64_t handed_by_all() const noexcept;

  flow flow_;
  std::size_t depth_;
  bool direct_;
  std::atomic<std::uint64_t> accepted_{0};
  std::atomic<bool> stamping_{false};

  std::mutex mutex_;  // guards all below
  std::unordered_map<std::uint32_t, account> accounts_;
  arrival_count pooled_arrivals_;
  std::uint64_t handed_by_gone_ = 0;
  std::uint64_t dropped_by_gone_ = 0;
  std::uint64_t lost_ = 0;
  std::uint64_t at_risk_ = 0;
  std::optional<sight> last_;  // of closed books
  bool blind_ = false;         // a connection that tells nothing was there
};

}  // namespace wye::nng
