// format: the bytes of the store's files, as docs/reference/store-format.md has them. No files here: only bytes.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <wye/store.hpp>

namespace wye::disk {

inline constexpr std::uint16_t format_version = 1;

/// What the file `format` of a store holds.
inline constexpr std::string_view format_line = "wye store 1\n";

// --- segments --------------------------------------------------------------------------------------------------------

inline constexpr std::size_t segment_header_size = 512;  // a sector, so that a torn write leaves one of the two copies
inline constexpr std::size_t data_start = 2 * segment_header_size;
inline constexpr std::size_t max_name = 200;

/// The beginning of a segment file.
struct segment_header {
  std::uint64_t ordinal = 0;  ///< 1, 2, 3 … in the order of the log
  sequence first = 1;         ///< its records have this number or a greater one
  std::uint64_t salt = 0;     ///< goes into every checksum, so that no body can pass for a record
  std::string name;           ///< the log's
};

/// Both copies.
std::array<std::byte, data_start> bytes_of(const segment_header& h);

/// Of either copy, or nothing if both are damaged. not_supported for a newer version.
result<segment_header> segment_header_of(bytes_view start);

// --- records ---------------------------------------------------------------------------------------------------------

inline constexpr std::size_t record_header_size = 32;
inline constexpr std::size_t max_head = 0xFFFF;

enum class kind : std::uint8_t {
  entry = 1,  ///< what an append added
  erase = 2,  ///< ranges of numbers that are erased
  mark = 3,   ///< all before a place was durable when this was written
  seal = 4,   ///< nothing follows in this segment
};

struct record_header {
  std::uint32_t body_crc = 0;
  std::uint32_t length = 0;  ///< head and body
  std::uint16_t head = 0;
  kind what = kind::entry;
  bool more = false;      ///< the next record belongs to the same append
  sequence number = 0;    ///< an entry's own; of another kind what the next entry will have
  std::int64_t time = 0;  ///< an entry's; of a mark the durable offset

  /// With its padding to a multiple of 8.
  [[nodiscard]] std::uint64_t size() const { return size_with(length); }
  static std::uint64_t size_with(std::uint64_t length) {
    return record_header_size + ((length + 7) & ~std::uint64_t{7});
  }
};

/// The checksum from which those of a segment's records go on.
std::uint32_t seed_of(std::uint64_t salt);

/// Nothing unless it is whole. `bytes` has record_header_size bytes or more.
std::optional<record_header> record_header_of(const std::byte* bytes, std::uint32_t seed);

/// True if head and body are what was written. `content` has h.length bytes.
bool is_whole(const record_header& h, bytes_view content, std::uint32_t seed);

/// Numbers from, from + 1 … from + count - 1.
struct range {
  sequence from = 0;
  std::uint64_t count = 0;
  friend bool operator==(const range&, const range&) = default;
};
inline constexpr std::size_t range_size = 16;

/// The body of an erase record. Ranges that would wrap around are nothing.
std::vector<range> ranges_of(bytes_view body);

/// Gathers records into one buffer.
class record_writer {
 public:
  explicit record_writer(std::vector<std::byte>& to, std::uint32_t seed) : to_(to), seed_(seed) {}
  void entry(sequence number, const wye::entry& e, bool more);
  void erase(sequence next, std::span<const range> ranges);
  void mark(sequence next, std::uint64_t durable);
  void seal(sequence next);

 private:
  std::byte* grow(const record_header& h);
  void finish(std::byte* at, record_header h) const;

  std::vector<std::byte>& to_;
  const std::uint32_t seed_;
};

}  // namespace wye::disk
