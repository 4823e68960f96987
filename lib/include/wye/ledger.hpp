// The loss ledger: sent = delivered + dropped by reason + in flight.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wye {

/// Why a message went no further. Each drop is counted where it happens. The names are stable (metrics, --json).
enum class drop_reason : std::uint8_t {
  queue_full,      ///< a publisher's queue for a slow subscriber was full (at least one such subscriber)
  no_peer,         ///< addressed to a peer that is gone
  too_large,       ///< above socket_options::max_message
  malformed,       ///< not in the promised format: a trailer, an envelope, a typed body
  late_reply,      ///< a reply or a survey's answer that came after its deadline
  duplicate,       ///< a second reply to one request, or a second copy of a request being handled
  hop_limit,       ///< crossed more devices than max_hops
  linger_expired,  ///< accepted, but still queued when close() ran out of time
  peer_lost,       ///< accepted, and known to have been lost with the peer it was queued for
  not_wanted,      ///< no subscriber asked for it (publisher), or not subscribed here
  expired,         ///< waited in a device longer than allowed
  stopped,         ///< still in a device's hands when its drain ran out of time
};
inline constexpr std::size_t drop_reasons = 12;

/// Stable name, such as "queue_full". Any thread.
std::string_view name_of(drop_reason reason) noexcept;

/// A snapshot of one socket's (or one device's) counters, in messages since it was made. Monotonic, except `in_flight`.
/// `dropped` speaks of messages that were accepted here or arrived here; what send() refused is not lost but with the
/// caller.
struct ledger {
  std::uint64_t sent = 0;                             ///< accepted by send
  std::uint64_t sent_bytes = 0;                       ///< their bytes
  std::uint64_t received = 0;                         ///< handed to the caller by recv
  std::uint64_t received_bytes = 0;                   ///< their bytes
  std::array<std::uint64_t, drop_reasons> dropped{};  ///< by drop_reason
  std::uint64_t refused = 0;  ///< sends that failed for another reason than time: the message stayed with the caller
  /// Accepted but not yet handed to the operating system or the peer, where the engine can tell (NNG, shm).
  std::optional<std::uint64_t> in_flight;
  /// At most this many messages were queued here for peers at the moment they vanished, and may be lost;
  /// an upper bound where the engine cannot tell (ZeroMQ). Not included in `dropped`.
  std::uint64_t at_risk = 0;

  [[nodiscard]] std::uint64_t dropped_total() const noexcept;
  [[nodiscard]] std::uint64_t operator[](drop_reason r) const noexcept { return dropped[static_cast<std::size_t>(r)]; }
  /// One line for people: `sent 10 received 0 dropped 2 (queue_full 2) in flight 0`.
  [[nodiscard]] std::string str() const;
  /// Sums, field by field; in_flight is known only if known on both sides.
  ledger& operator+=(const ledger& other) noexcept;
};

}  // namespace wye
