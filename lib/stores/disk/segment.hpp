// segment: what is known in memory about one segment file: which of its records are left, and roughly where they are.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <wye/clock.hpp>

#include "bits.hpp"
#include "format.hpp"
#include "io.hpp"

namespace wye::disk {

/// Where a record stands.
struct place {
  sequence number = 0;
  std::uint64_t offset = 0;
  std::uint32_t length = 0;  ///< head and body
};

/// A part of a segment that cannot be read.
struct damage {
  std::uint64_t offset = 0;
  std::uint64_t end = 0;
};

/// Plain data with its own arithmetic; disk_log and recovery fill it in. Memory: 16 bytes for each 64 KiB of the file,
/// and a bit for each record once one of them is erased.
struct segment {
  /// How far apart the places are that the index knows.
  static constexpr std::uint64_t index_step = std::uint64_t{64} << 10;

  segment_header header;
  std::string path;
  std::shared_ptr<file> opened;  ///< null when closed
  std::uint32_t seed = 0;
  sequence end = 0;             ///< behind the last record; header.first when there is none
  std::uint64_t written = 0;    ///< bytes of the file that are in use
  std::uint64_t allocated = 0;  ///< bytes that the file occupies
  std::uint64_t mark_end = 0;   ///< behind the last mark
  bool sealed = false;
  std::vector<place> index;        ///< the first record of each step; its length is not used
  bits gone;                       ///< by number - header.first: erased, absent or damaged
  bits absent;                     ///< of these the ones that are not in the file
  std::set<std::uint64_t> erases;  ///< ordinals of the segments that erase records here speak of
  std::vector<damage> damaged;
  std::uint64_t records = 0;                     ///< left
  std::uint64_t bytes = 0;                       ///< their heads and bodies
  bool miscounted = false;                       ///< while recovering: `bytes` has those of erased records in it
  std::uint64_t too_dear = 0;                    ///< records that were left when a rewrite failed
  bool announced = false;                        ///< newly_garbage() was true
  std::optional<clock::time_point> worth_since;  ///< when the cleaner first saw that something is to be gained

  [[nodiscard]] bool holds(sequence number) const { return number >= header.first && number < end; }
  [[nodiscard]] bool has(sequence number) const { return holds(number) && !gone.test(number - header.first); }
  /// The first record from `number` on, or `end`.
  [[nodiscard]] sequence first_from(sequence number) const;
  /// True if its space should be given back: nothing is left, or less than what was erased.
  [[nodiscard]] bool worth_cleaning() const;
  /// Whether the cleaner is to be called: once when it has become worth it, and when nothing is left.
  bool newly_garbage();
  static constexpr std::uint64_t least_gain = 4096;
  /// What the records that are left take in a file.
  [[nodiscard]] std::uint64_t live_space() const { return bytes + records * (record_header_size + 4); }

  /// A record that stands in the file, in order.
  void add(const place& p);
  /// Numbers before `before` that have not been seen are not in the file.
  void skip_to(sequence before);
  void erase(const place& p);
  /// Erases all.
  void clear();
  /// Adds the numbers of `r` that are erased but still in the file, so that an erase record must keep speaking of them.
  /// False if there are none.
  bool add_needed(const range& r, std::vector<range>& to) const;
};

/// The places of one step of the index, as far as they can be read.
std::vector<place> places_of(const file& from, const segment& s, std::size_t step);

/// Adds `number` to the last range if it follows.
void add_to(std::vector<range>& ranges, sequence number);

}  // namespace wye::disk
