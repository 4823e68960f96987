// lease_book: what a consumer was granted, has fetched, and owes. Without sockets; the time is told.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include <wye/clock.hpp>
#include <wye/message.hpp>
#include <wye/message_properties.hpp>
#include <wye/queue_protocol.hpp>

namespace wye::detail {

/// Names a lease, as the device knows it.
struct lease_token {
  std::uint64_t sequence = 0;
  std::uint32_t attempt = 0;
  std::uint64_t epoch = 0;
};

/// A message that was fetched.
struct fetched {
  lease_token token;
  message body;
  delivery_info info;
  time_point at;
};

class lease_book {
 public:
  /// `limit`: messages altogether, 0 for any number. `acknowledge`: whether messages are leased at all.
  lease_book(std::size_t prefetch, std::uint64_t limit, bool acknowledge)
      : prefetch_(prefetch), limit_(limit), acknowledge_(acknowledge) {}

  /// What is to be granted now: nothing until half of the prefetch is used up.
  [[nodiscard]] std::uint64_t to_grant() const noexcept;
  void granted(std::uint64_t n) noexcept { credit_ += static_cast<std::int64_t>(n); }
  /// The device withdrew credit.
  void withdrawn(std::uint64_t n) noexcept { credit_ -= static_cast<std::int64_t>(n); }
  void all_withdrawn() noexcept { credit_ = 0; }

  /// A message came; `counted`: under the grants of this connection.
  void arrived(fetched m, bool counted);
  /// The oldest message whose lease has not ended; `lease` unset if nobody knows how long it is.
  std::optional<fetched> take(time_point now, std::optional<std::chrono::milliseconds> lease);
  [[nodiscard]] bool has_fetched() const noexcept { return !fetched_.empty(); }
  [[nodiscard]] bool is_complete() const noexcept { return limit_ != 0 && taken_ >= limit_; }

  /// To be acknowledged.
  void ack(const lease_token& token) { acks_.push_back(token), settled(); }
  /// A message that was taken is acknowledged or given back.
  void settled() noexcept { in_hand_ -= in_hand_ > 0 ? 1 : 0; }
  /// Nothing is at hand that could still be settled.
  [[nodiscard]] bool is_idle() const noexcept { return fetched_.empty() && in_hand_ == 0; }
  [[nodiscard]] std::size_t acks_waiting() const noexcept { return acks_.size(); }
  /// The tokens of the next request: those of one epoch, at most `most`. They are under way as `id` from then on.
  std::vector<lease_token> next_acks(std::uint64_t id, std::size_t most);
  /// One token is under way as `id`.
  void sent(std::uint64_t id, const lease_token& token) { under_way_[id] = {token}; }
  [[nodiscard]] bool owes() const noexcept { return !acks_.empty() || !under_way_.empty(); }
  [[nodiscard]] bool awaits() const noexcept { return !under_way_.empty(); }

  /// The sequences that came too late, of an answer to `id`.
  std::vector<std::uint64_t> answered(std::uint64_t id, std::span<const queue_protocol::bad_one> bad);
  /// All of `id` came too late, or could not be done.
  std::vector<std::uint64_t> refused(std::uint64_t id);
  /// Leases, credit and what is under way are gone. The sequences whose acknowledgements went with it.
  std::vector<std::uint64_t> connection_lost();

  /// Fetched, and forgotten before it was taken.
  [[nodiscard]] std::uint64_t forgotten() const noexcept { return forgotten_; }

 private:
  std::size_t prefetch_;
  std::uint64_t limit_;
  bool acknowledge_;
  std::int64_t credit_ = 0;  // may fall below zero: what an old grant brings late counts too
  std::deque<fetched> fetched_;
  std::vector<lease_token> acks_;
  std::map<std::uint64_t, std::vector<lease_token>> under_way_;
  std::uint64_t taken_ = 0;
  std::uint64_t in_hand_ = 0;  // taken in this session and not settled
  std::uint64_t forgotten_ = 0;
};

}  // namespace wye::detail
