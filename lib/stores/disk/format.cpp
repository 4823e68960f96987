#include "format.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include <wye/crc32c.hpp>

namespace wye::disk {
namespace {

static_assert(std::endian::native == std::endian::little,
              "the format has the lowest byte first, and so must the machine");

constexpr std::array<char, 8> magic{'W', 'Y', 'E', 'S', 'E', 'G', '\r', '\n'};

// Where the fields of a segment header are.
namespace seg {
constexpr std::size_t crc = 8, version = 12, name_size = 14, ordinal = 16, first = 24, salt = 32, name = 40;
}
// And those of a record header.
namespace rec {
constexpr std::size_t crc = 0, body_crc = 4, length = 8, head = 12, what = 14, flags = 15, number = 16, time = 24;
}
constexpr std::uint8_t more_flag = 1;

template <class T>
void store_at(std::byte* to, T value) {
  std::memcpy(to, &value, sizeof value);
}
template <class T>
T load_at(const std::byte* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

std::uint32_t crc_of_segment_header(const std::byte* h) {
  return crc32c(0, {h + seg::version, segment_header_size - seg::version});
}

std::uint32_t crc_of_record_header(const std::byte* h, std::uint32_t seed) {
  return crc32c(seed, {h + rec::body_crc, record_header_size - rec::body_crc});
}

result<segment_header> decode_copy(const std::byte* h) {
  const auto size = load_at<std::uint16_t>(h + seg::name_size);
  if (std::memcmp(h, magic.data(), magic.size()) != 0 ||
      load_at<std::uint32_t>(h + seg::crc) != crc_of_segment_header(h))
    return errc::malformed;
  if (const auto version = load_at<std::uint16_t>(h + seg::version); version != format_version)
    return failure(errc::not_supported, "the segment has format " + std::to_string(version) + ", this program knows " +
                                            std::to_string(format_version));
  if (size == 0 || size > max_name) return errc::malformed;
  return segment_header{.ordinal = load_at<std::uint64_t>(h + seg::ordinal),
                        .first = load_at<sequence>(h + seg::first),
                        .salt = load_at<std::uint64_t>(h + seg::salt),
                        .name = std::string(as_text({h + seg::name, size}))};
}

bool is_kind(std::uint8_t k) {
  return k >= static_cast<std::uint8_t>(kind::entry) && k <= static_cast<std::uint8_t>(kind::seal);
}

}  // namespace

std::array<std::byte, data_start> bytes_of(const segment_header& h) {
  std::array<std::byte, data_start> out{};
  std::memcpy(out.data(), magic.data(), magic.size());
  store_at(&out[seg::version], format_version);
  store_at(&out[seg::name_size], static_cast<std::uint16_t>(h.name.size()));
  store_at(&out[seg::ordinal], h.ordinal);
  store_at(&out[seg::first], h.first);
  store_at(&out[seg::salt], h.salt);
  std::memcpy(&out[seg::name], h.name.data(), h.name.size());
  store_at(&out[seg::crc], crc_of_segment_header(out.data()));
  std::copy_n(out.begin(), segment_header_size, out.begin() + segment_header_size);
  return out;
}

result<segment_header> segment_header_of(bytes_view start) {
  if (start.size() < data_start) return errc::malformed;
  auto h = decode_copy(start.data());
  return h.code() == errc::malformed ? decode_copy(start.data() + segment_header_size) : h;
}

std::uint32_t seed_of(std::uint64_t salt) { return crc32c(0, std::as_bytes(std::span(&salt, 1))); }

std::optional<record_header> record_header_of(const std::byte* bytes, std::uint32_t seed) {
  const auto what = static_cast<std::uint8_t>(bytes[rec::what]);
  if (!is_kind(what) || load_at<std::uint32_t>(bytes + rec::crc) != crc_of_record_header(bytes, seed)) return {};
  record_header h{.body_crc = load_at<std::uint32_t>(bytes + rec::body_crc),
                  .length = load_at<std::uint32_t>(bytes + rec::length),
                  .head = load_at<std::uint16_t>(bytes + rec::head),
                  .what = static_cast<kind>(what),
                  .more = (static_cast<std::uint8_t>(bytes[rec::flags]) & more_flag) != 0,
                  .number = load_at<sequence>(bytes + rec::number),
                  .time = load_at<std::int64_t>(bytes + rec::time)};
  if (h.head > h.length) return {};
  return h;
}

bool is_whole(const record_header& h, bytes_view content, std::uint32_t seed) {
  return crc32c(seed, content) == h.body_crc;
}

std::vector<range> ranges_of(bytes_view body) {
  std::vector<range> out;
  for (; body.size() >= range_size; body = body.subspan(range_size)) {
    const range r{.from = load_at<sequence>(body.data()), .count = load_at<std::uint64_t>(body.data() + 8)};
    if (r.count != 0 && r.from + r.count > r.from) out.push_back(r);
  }
  return out;
}

std::byte* record_writer::grow(const record_header& h) {
  const std::size_t at = to_.size();
  to_.resize(at + h.size());
  return to_.data() + at;
}

// Writes the header before the content, which is in place.
void record_writer::finish(std::byte* at, record_header h) const {
  h.body_crc = crc32c(seed_, {at + record_header_size, h.length});
  store_at(at + rec::body_crc, h.body_crc);
  store_at(at + rec::length, h.length);
  store_at(at + rec::head, h.head);
  at[rec::what] = static_cast<std::byte>(h.what);
  at[rec::flags] = static_cast<std::byte>(h.more ? more_flag : 0);
  store_at(at + rec::number, h.number);
  store_at(at + rec::time, h.time);
  store_at(at + rec::crc, crc_of_record_header(at, seed_));
}

void record_writer::entry(sequence number, const wye::entry& e, bool more) {
  const record_header h{.length = static_cast<std::uint32_t>(e.head.size() + e.body.size()),
                        .head = static_cast<std::uint16_t>(e.head.size()),
                        .what = kind::entry,
                        .more = more,
                        .number = number,
                        .time = e.time};
  std::byte* const at = grow(h);
  std::copy(e.body.begin(), e.body.end(), std::copy(e.head.begin(), e.head.end(), at + record_header_size));
  finish(at, h);
}

void record_writer::erase(sequence next, std::span<const range> ranges) {
  const record_header h{
      .length = static_cast<std::uint32_t>(ranges.size() * range_size), .what = kind::erase, .number = next};
  std::byte* const at = grow(h);
  std::byte* to = at + record_header_size;
  for (const range& r : ranges) store_at(to, r.from), store_at(to + 8, r.count), to += range_size;
  finish(at, h);
}

void record_writer::mark(sequence next, std::uint64_t durable) {
  const record_header h{.what = kind::mark, .number = next, .time = static_cast<std::int64_t>(durable)};
  finish(grow(h), h);
}

void record_writer::seal(sequence next) {
  const record_header h{.what = kind::seal, .number = next};
  finish(grow(h), h);
}

}  // namespace wye::disk
