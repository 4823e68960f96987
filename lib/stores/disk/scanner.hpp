// scanner: walks a segment's records, over damage if need be.
#pragma once

#include <vector>

#include "format.hpp"
#include "io.hpp"

namespace wye::disk {

/// A part of a file in memory, moved along it.
class window {
 public:
  /// Sees `of` up to `end`. `step` is how much a read takes at least.
  window(const file& of, std::uint64_t end, std::size_t step) : file_(of), end_(end), step_(step) {}

  /// `size` bytes at `offset`, valid until the next call; null if there are not so many before the end.
  result<const std::byte*> at(std::uint64_t offset, std::size_t size);
  [[nodiscard]] std::uint64_t end() const { return end_; }

 private:
  const file& file_;
  const std::uint64_t end_;
  const std::size_t step_;
  std::vector<std::byte> bytes_;
  std::uint64_t start_ = 0;
  std::size_t filled_ = 0;
};

/// What stands at a place.
struct scanned {
  enum class sort : std::uint8_t {
    record,
    damaged_content,  ///< its header is whole: `header` holds
    damaged_header,   ///< and what follows, up to the next record that is whole
    end,              ///< nothing but zeros from here on, or the end of the file
  };
  sort what = sort::end;
  std::uint64_t offset = 0;
  std::uint64_t next = 0;  ///< where the next one begins
  record_header header{};
  bytes_view content{};  ///< head and body; valid until the next call
};

/// Reads a segment from its start to its end. Errors: io.
class scanner {
 public:
  /// Of `size` bytes in use, of a segment whose first number is `first`; from the offset `from` on.
  scanner(const file& of, std::uint64_t size, std::uint32_t seed, sequence first, std::uint64_t from = data_start)
      : window_(of, size, step), seed_(seed), at_(from), seen_(first), most_(first + max_records) {}

  result<scanned> next();

  /// No segment has more; a number beyond is damage, or would take memory for all that seem to be missing.
  static constexpr std::uint64_t max_records = std::uint64_t{1} << 26;
  static constexpr std::size_t step = std::size_t{256} << 10;

 private:
  result<scanned> look(std::uint64_t offset);
  result<scanned> look_behind_damage(std::uint64_t offset);
  result<bool> all_zero(std::uint64_t from);

  window window_;
  const std::uint32_t seed_;
  std::uint64_t at_;
  sequence seen_;  // records have this number or a greater one
  const sequence most_;
};

}  // namespace wye::disk
