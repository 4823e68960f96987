// put_runs: which numbered puts a queue has seen lately. A producer that counts its messages needs no id for each: what
// came one after the other is one run, however long (as the idempotent producer of Kafka, KIP-98, but for more than one
// batch, and with the sequences of what was stored).
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <unordered_map>
#include <vector>

#include "item_table.hpp"

namespace wye::devices {

/// What a producer calls a message: its own name, by chance, and a number that counts up.
struct put_number {
  std::uint64_t producer = 0;  ///< 0: not numbered
  std::uint64_t number = 0;
  friend bool operator==(const put_number&, const put_number&) = default;
};

/// Messages whose numbers, and whose sequences, follow each other.
struct put_run {
  put_number first;
  sequence at = 0;  ///< what the first one is called here
  std::uint64_t count = 0;
  micros until = 0;  ///< when they are forgotten

  [[nodiscard]] std::uint64_t numbers_end() const noexcept { return first.number + count; }
  [[nodiscard]] sequence end() const noexcept { return at + count; }
  [[nodiscard]] bool holds(sequence s) const noexcept { return s >= at && s - at < count; }
  /// The part that is one message of it.
  [[nodiscard]] put_run only(sequence s) const noexcept {
    return {{first.producer, first.number + (s - at)}, s, 1, until};
  }
  /// Makes `next` a part of this, if it follows; false if not.
  bool extend(const put_run& next) noexcept;
  friend bool operator==(const put_run&, const put_run&) = default;
};

/// As one run with the last of `to`, if it follows.
void append(const put_run& run, std::vector<put_run>& to);

/// Bounded: beyond `most` runs the oldest are forgotten early.
class put_runs {
 public:
  explicit put_runs(std::size_t most) : most_(most) {}

  /// The message that was stored under this number; 0 if there was none.
  [[nodiscard]] sequence find(const put_number& n, micros now);
  /// The run of a message; null if it has no number, or one that is not remembered, or will never be put again.
  [[nodiscard]] const put_run* find_message(sequence s, micros now);
  /// Its messages come after those of all that were added before; of those that were there already nothing changes.
  void add(put_run run);
  /// Undoes what was added from this message on.
  void remove_from(sequence s);
  /// The producer has the answers to all lower numbers, and does not put them again.
  void settled(std::uint64_t producer, std::uint64_t below);
  /// Forgets what is due.
  void expire(micros now);

  [[nodiscard]] std::size_t size() const noexcept { return kept_.size(); }

 private:
  struct source {
    std::map<std::uint64_t, std::uint64_t> runs = {};  // by first number: places in kept_
    std::uint64_t kept = 0;                            // runs in kept_
    std::uint64_t next = 0;                            // all numbers are lower
    std::uint64_t settled = 0;
  };
  struct kept {
    put_run run;
    source* from;
  };
  [[nodiscard]] source* source_of(std::uint64_t producer);
  void forget(std::deque<kept>::iterator which, std::uint64_t place);

  std::deque<kept> kept_;   // in the order of their messages
  std::uint64_t base_ = 0;  // the place of kept_.front()
  std::unordered_map<std::uint64_t, source> sources_;
  std::uint64_t asked_producer_ = 0;  // asked for last
  source* asked_source_ = nullptr;
  std::uint64_t asked_place_ = 0;  // that find_message() found last
  std::size_t most_;
};

}  // namespace wye::devices
