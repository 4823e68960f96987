// item_table: what a queue knows in memory of each message that it keeps.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include <wye/store.hpp>

namespace wye::devices {

/// Microseconds since 1970 by a clock that never goes back while the device runs.
using micros = std::int64_t;
inline micros in_micros(std::chrono::milliseconds t) { return std::chrono::microseconds(t).count(); }

enum class item_state : std::uint8_t {
  none,
  fresh,    ///< appended, and not yet durable
  ready,    ///< to be delivered (or kept back by its group)
  delayed,  ///< not before its time
  leased,
  moving,  ///< on its way to another queue: it is erased when the copy is durable
};

struct item {
  micros expires = 0;       ///< 0: never
  sequence note = 0;        ///< the record that keeps its attempts; 0: none
  std::uint32_t bytes = 0;  ///< of the body
  std::uint32_t group = 0;  ///< hash of its ordering group; 0: none
  std::uint32_t slot = 0;   ///< leased: its lease
  std::uint16_t attempt = 0;
  std::uint8_t priority = 0;
  item_state state = item_state::none;
};
static_assert(sizeof(item) == 32);

/// Items by sequence, 32 bytes each and half a byte more when they stand densely: runs of 64 sequences, each of which
/// holds only what is left of it. Lookup is direct while nothing is missing, and a binary search behind gaps.
class item_table {
 public:
  /// Null if there is none. Valid until the next add or erase.
  [[nodiscard]] item* find(sequence s) noexcept {
    const std::size_t at = run_of(s);
    if (at == runs_.size()) return nullptr;
    const std::uint64_t bit = bit_of(s);
    return (runs_[at].live & bit) != 0 ? &runs_[at].items[runs_[at].index_of(bit)] : nullptr;
  }
  [[nodiscard]] const item* find(sequence s) const noexcept { return const_cast<item_table*>(this)->find(s); }

  /// `s` is greater than all that were added before.
  item& add(sequence s);
  /// Nothing happens if there is none.
  void erase(sequence s) noexcept;

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  /// The lowest sequence that is there; 0 if none is.
  [[nodiscard]] sequence first() const noexcept;

  /// Calls `seen(sequence, item&)` in order; it must not add or erase.
  template <class Seen>
  void each(Seen&& seen) {
    for (run& r : runs_)
      for (std::uint64_t left = r.live; left != 0; left &= left - 1) {
        const std::uint64_t bit = left & (~left + 1);
        seen(r.number * width + static_cast<std::uint64_t>(__builtin_ctzll(bit)), r.items[r.index_of(bit)]);
      }
  }

 private:
  static constexpr std::uint64_t width = 64;
  struct run {
    std::uint64_t number = 0;       // sequences number * 64 … + 63
    std::uint64_t present = 0;      // which of them have a place in `items`
    std::uint64_t live = 0;         // which of those are not erased
    std::unique_ptr<item[]> items;  // NOLINT(modernize-avoid-c-arrays): its size is the popcount of `present`, or 64

    [[nodiscard]] std::size_t index_of(std::uint64_t bit) const noexcept {
      const std::uint64_t before = present & (bit - 1);
      if (before == bit - 1) return static_cast<std::size_t>(__builtin_ctzll(bit));  // they stand densely
      return static_cast<std::size_t>(__builtin_popcountll(before));
    }
  };
  static std::uint64_t bit_of(sequence s) noexcept { return std::uint64_t{1} << (s % width); }
  [[nodiscard]] std::size_t run_of(sequence s) const noexcept;
  void shrink(run& r);
  void tidy();

  std::vector<run> runs_;  // by number; empty ones stay until they are the most
  std::size_t empty_runs_ = 0;
  std::size_t size_ = 0;
};

}  // namespace wye::devices
