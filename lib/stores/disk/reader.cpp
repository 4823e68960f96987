// Reading: one large read of the file, whose bytes all the frames share. Every checksum is verified again.
#include <algorithm>

#include "disk_log.hpp"

namespace wye::disk {
namespace {

constexpr std::size_t smallest_chunk = std::size_t{4} << 10;
constexpr std::size_t largest_chunk = std::size_t{256} << 10;
constexpr std::size_t expected_record = 512;

// Bytes that frames share.
struct chunk {
  std::shared_ptr<std::byte[]> bytes;
  std::size_t size = 0;
};

result<chunk> load(const file& from, std::uint64_t offset, std::size_t size) {
  chunk c{.bytes = std::make_shared_for_overwrite<std::byte[]>(size), .size = 0};
  const auto got = from.read(offset, {c.bytes.get(), size});
  if (!got) return got.error();
  return c.size = *got, c;
}

}  // namespace

// One call of read(), on its way.
struct disk_log::reading {
  sequence number;  // to go on from
  const read_limits& limits;
  std::vector<record>& out;
  std::size_t records = 0;
  std::size_t bytes = 0;
  std::uint64_t offset = 0;  // in the segment
  std::size_t least = smallest_chunk;
  bool full = false;

  [[nodiscard]] std::size_t chunk_size() const {
    const std::size_t left = limits.records > records ? limits.records - records : 1;
    const std::size_t guess = left > largest_chunk / expected_record ? largest_chunk : left * expected_record;
    return std::max(least, std::clamp(std::min(guess, limits.bytes), smallest_chunk, largest_chunk));
  }

  // False if the record is too much.
  bool take(const record_header& h, const chunk& c, const std::byte* content) {
    const std::size_t size = limits.bodies ? h.length : h.head;
    if (records != 0 && (records >= limits.records || bytes + size > limits.bytes)) return full = true, false;
    record& r = out.emplace_back();
    r.number = h.number, r.time = h.time;
    // Without bodies the heads would hold on to a chunk that is mostly bodies.
    if (h.head != 0)
      r.head = limits.bodies ? frame::of(c.bytes, {content, h.head}) : frame::copy_of(bytes_view{content, h.head});
    if (limits.bodies) r.body = frame::of(c.bytes, {content + h.head, h.length - h.head});
    ++records, bytes += size;
    return true;
  }
};

result<sequence> disk_log::read(sequence from, const read_limits& limits, std::vector<record>& out) {
  const std::lock_guard lock(mutex_);
  reading r{.number = std::min(from, next_), .limits = limits, .out = out};
  for (std::size_t i = segments_.empty() ? 0 : index_of(r.number); i < segments_.size() && !r.full; ++i)
    if (auto done = read_segment(*segments_[i], r); !done) return done.error();
  return r.full ? r.number : next_;
}

result<void> disk_log::read_segment(segment& s, reading& r) {
  const sequence start = s.first_from(r.number);
  if (start >= s.end || s.records == 0) return {};
  const bool known = read_next_ == start && read_hint_.ordinal == s.header.ordinal;
  r.offset = known ? read_hint_.offset : locate(s, start).offset;
  r.number = start;
  while (r.offset < s.written && r.number < s.end && !r.full)
    if (auto done = read_chunk(s, r); !done) return done;
  if (!r.full) lose(s, r.number, s.end), r.number = std::max(r.number, s.end);
  read_next_ = r.number, read_hint_ = {.ordinal = s.header.ordinal, .offset = r.offset};
  return {};
}

result<void> disk_log::read_chunk(segment& s, reading& r) {
  const auto opened = file_of(s);
  if (!opened) return opened.error();
  const std::size_t wanted = std::min<std::uint64_t>(r.chunk_size(), s.written - r.offset);
  const auto loaded = load(**opened, r.offset, wanted);
  if (!loaded) return loaded.error();
  r.least = smallest_chunk;
  if (loaded->size < wanted) {  // somebody cut the file
    note_damage(s, r.offset, s.written - r.offset);
    r.offset = s.written;
    return {};
  }
  const std::byte* at = loaded->bytes.get();
  for (std::size_t left = loaded->size; r.number < s.end;) {
    const auto h = left < record_header_size ? std::nullopt : record_header_of(at, s.seed);
    if (!h && left >= record_header_size) return pass_damage(s, r);
    if (!h || h->size() > left) {
      r.least = h ? h->size() : smallest_chunk;
      if (h && h->size() > s.written - r.offset) return pass_damage(s, r);
      if (!h && s.written - r.offset < record_header_size) r.offset = s.written;
      return {};
    }
    if (h->what == kind::entry && h->number >= r.number && s.has(h->number)) {
      lose(s, r.number, h->number);
      r.number = h->number;
      if (!is_whole(*h, {at + record_header_size, h->length}, s.seed))
        note_damage(s, r.offset, h->size()), lose(s, r.number, r.number + 1);
      else if (!r.take(*h, *loaded, at + record_header_size)) return {};
      r.number = h->number + 1;
    }
    at += h->size(), left -= h->size(), r.offset += h->size();
  }
  return {};
}

// A header went bad after the store was opened.
result<void> disk_log::pass_damage(segment& s, reading& r) {
  const auto opened = file_of(s);
  if (!opened) return opened.error();
  scanner behind(**opened, s.written, s.seed, s.header.first, r.offset);
  const auto found = behind.next();
  if (!found) return found.error();
  const std::uint64_t end = std::max(found->next, r.offset + 8);
  note_damage(s, r.offset, end - r.offset);
  r.offset = end;
  return {};
}

void disk_log::note_damage(segment& s, std::uint64_t offset, std::uint64_t size) {
  s.damaged.push_back({.offset = offset, .end = offset + size});
  ++damaged_;
}

// Records that should be between two others, and are not: they can be neither read nor erased.
void disk_log::lose(segment& s, sequence from, sequence to) {
  for (sequence n = s.first_from(from); n < to; n = s.first_from(n + 1)) {
    s.absent.set(n - s.header.first);
    s.erase({.number = n, .offset = 0, .length = static_cast<std::uint32_t>(s.bytes / s.records)});
  }
}

}  // namespace wye::disk
