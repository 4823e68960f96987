// dedup_window: which deduplication ids a queue has seen lately.
#pragma once

#include <cstdint>
#include <deque>
#include <string_view>
#include <utility>
#include <vector>

#include "item_table.hpp"

namespace wye::devices {

/// 128 bits that stand for an id: no two ids of a window are taken for the same (MurmurHash3 x64 128 of Austin Appleby,
/// public domain; stable, because it is kept on disk).
struct id_hash {
  std::uint64_t high = 0, low = 0;
  friend bool operator==(const id_hash&, const id_hash&) = default;
};
id_hash hash_of(std::string_view id) noexcept;

/// One id, as it is remembered and as it is kept in the log.
struct seen_id {
  id_hash id;
  sequence first = 0;  ///< what the message with this id is called
  micros until = 0;    ///< when it is forgotten
};

/// Bounded: beyond `most` ids the oldest are forgotten early, and counted.
class dedup_window {
 public:
  explicit dedup_window(std::size_t most) : most_(most) {}

  /// Brings what find() will look at into the cache meanwhile: the table is large, and hashes know no neighbours.
  void prefetch(const id_hash& id) const noexcept {
    if (!slots_.empty()) __builtin_prefetch(&slots_[id.low & (slots_.size() - 1)]);
  }
  /// Null if it was not seen.
  [[nodiscard]] const seen_id* find(const id_hash& id, micros now) const;
  /// The id of a message; null if it has none, or none that is remembered.
  [[nodiscard]] const seen_id* find_message(sequence s, micros now) const;
  /// Its message comes after those of all that were added before.
  void add(const seen_id& seen);
  /// Undoes the last `n` adds.
  void remove_last(std::size_t n);
  /// Forgets what is due.
  void expire(micros now);

  [[nodiscard]] std::size_t size() const noexcept { return seen_.size(); }
  /// How many were forgotten early.
  [[nodiscard]] std::uint64_t forgotten() const noexcept { return forgotten_; }

 private:
  // A place in seen_, counted from the first one at the last making of room, and beside it some bits of the hash: so
  // that looking for an id that is not there touches nothing but this.
  struct slot {
    std::uint32_t tag = 0;
    std::uint32_t place = 0;  // plus 1; 0: never used
  };
  [[nodiscard]] const seen_id* at(const slot& s) const noexcept;
  using position = std::deque<seen_id>::const_iterator;
  [[nodiscard]] std::pair<position, position> near(sequence s) const;
  void enter(const id_hash& id, std::uint64_t place);
  void make_room();

  std::deque<seen_id> seen_;
  std::uint64_t base_ = 0;   // the place of seen_.front()
  std::vector<slot> slots_;  // open addressing; slots whose place is forgotten stay until there are too many
  std::size_t used_ = 0;
  mutable std::uint64_t asked_ = 0;  // the place that find_message() found last
  std::size_t most_;
  std::uint64_t forgotten_ = 0;
};

}  // namespace wye::devices
