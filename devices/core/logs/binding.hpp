// binding: carries the messages of a stream that it takes into a queue: each one, and none twice.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <wye/binding_settings.hpp>
#include <wye/clock.hpp>

#include "outlet.hpp"
#include "reader.hpp"
#include "streams.hpp"

namespace wye::devices::logs {

/// How far a binding has come: what a store keeps of it.
struct progress {
  std::uint64_t put = 0, dropped = 0;
  std::uint64_t last_dropped = 0;    ///< as a place; 0: none
  std::vector<sequence> next;        ///< by partition: all before is settled
  std::vector<std::uint64_t> ahead;  ///< places beyond that are settled, too
  friend bool operator==(const progress&, const progress&) = default;
};

/// A message's place in its stream as one number.
constexpr std::uint64_t place_of(std::uint32_t partition, sequence at) noexcept {
  return (std::uint64_t{partition} << 58) | at;
}
constexpr std::uint32_t partition_in(std::uint64_t place) noexcept { return static_cast<std::uint32_t>(place >> 58); }
constexpr sequence sequence_in(std::uint64_t place) noexcept { return place & ((std::uint64_t{1} << 58) - 1); }

/// Puts with a deduplication id of its own: the binding's, the message's place, and when it was logged, because a place
/// may be given to another message after a loss of power. A queue that refuses is tried again, ever more slowly, first
/// with one message; what it can never take is counted, named and passed over: it is still in the stream. No clock.
class binding {
 public:
  static constexpr std::size_t most_waiting = 400;  // so that all that can be ahead fits into a cursor
  static constexpr std::uint64_t most_waiting_bytes = std::uint64_t{8} << 20;

  /// `id` is like no other binding's.
  binding(std::string name, binding_settings settings, std::uint64_t id, stream& from, progress begin,
          std::unique_ptr<outlet> to);

  /// Takes outcomes, puts, reads on. Returns how much it did; zero: nothing can be done before something happens.
  std::size_t turn(time_point now);
  /// When turn() wants to be called at the latest.
  [[nodiscard]] time_point next_timer(time_point now) const;

  [[nodiscard]] const binding_settings& settings() const noexcept { return settings_; }
  [[nodiscard]] const stream& from() const noexcept { return from_; }
  [[nodiscard]] outlet& to() noexcept { return *to_; }
  [[nodiscard]] progress reached() const;
  [[nodiscard]] binding_info info(time_point now);
  [[nodiscard]] std::uint64_t waiting() const noexcept { return slots_.size(); }
  [[nodiscard]] std::uint64_t put() const noexcept { return put_; }
  [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }
  [[nodiscard]] std::uint64_t refused() const noexcept { return refused_; }

 private:
  enum class state : std::uint8_t { waiting, sent, settled };
  // A message that was read. All before the first slot is settled.
  struct slot {
    std::uint64_t place = 0;
    message body;
    message_properties properties;
    std::uint64_t bytes = 0;
    state where = state::waiting;
  };

  void take_outcomes(time_point now);
  void settle(slot& s, const result<put_receipt>& how, time_point now);
  void drop(slot& s, const failure& why);
  void refuse(slot& s, const failure& why, time_point now);
  void forget_settled();
  std::size_t put_waiting(time_point now);
  bool put_one(slot& s, time_point now);
  std::size_t read_on();
  std::size_t read(std::uint32_t partition, credit left);
  void add(std::uint32_t partition, const record& r);
  [[nodiscard]] std::string dedup_id(std::uint64_t place, std::int64_t time) const;

  const std::string name_;
  const binding_settings settings_;
  const std::uint64_t id_;
  stream& from_;
  const filter wanted_;
  const std::unique_ptr<outlet> to_;
  std::vector<reader> readers_;    // by partition
  std::set<std::uint64_t> ahead_;  // settled before the device began anew, and not read again yet
  std::deque<slot> slots_;
  std::uint64_t first_ = 0;         // the number of the first slot
  std::deque<std::uint64_t> sent_;  // numbers of slots, in the order of put()
  std::size_t waiting_ = 0;         // slots in that state
  std::uint64_t bytes_ = 0;
  std::size_t turn_ = 0;  // the partition to look at first
  std::vector<result<put_receipt>> outcomes_;
  bool troubled_ = false;  // refused, and nothing taken since
  std::string refusal_;
  duration pause_{};
  time_point retry_at_{};
  time_point moved_at_{};  // the last time an outcome came, or nothing was due
  std::uint64_t put_ = 0, dropped_ = 0, refused_ = 0, missed_ = 0;
  std::uint64_t last_dropped_ = 0;
  std::string last_reason_;
};

}  // namespace wye::devices::logs
