#include "segment.hpp"

#include <algorithm>

#include "scanner.hpp"

namespace wye::disk {

sequence segment::first_from(sequence number) const {
  number = std::max(number, header.first);
  return number >= end ? end : std::min(end, header.first + gone.next_absent(number - header.first));
}

void segment::add(const place& p) {
  skip_to(p.number);
  if (index.empty() || p.offset - index.back().offset >= index_step) index.push_back(p);
  end = p.number + 1;
  ++records, bytes += p.length;
}

void segment::skip_to(sequence before) {
  for (; end < before; ++end) gone.set(end - header.first), absent.set(end - header.first);
}

void segment::erase(const place& p) {
  gone.set(p.number - header.first);
  --records;
  bytes = records == 0 ? 0 : bytes - std::min<std::uint64_t>(bytes, p.length);
}

bool segment::worth_cleaning() const {
  if (!sealed || !damaged.empty()) return false;
  if (records == 0) return true;
  if (too_dear != 0 && records * 2 > too_dear) return false;
  const std::uint64_t used = data_start + live_space();
  return written > used + std::max(live_space(), least_gain);
}

bool segment::newly_garbage() {
  if (!worth_cleaning() || (announced && records != 0)) return false;
  return announced = true;
}

void segment::clear() {
  for (sequence n = first_from(header.first); n != end; n = first_from(n)) gone.set(n - header.first);
  records = 0, bytes = 0;
}

bool segment::add_needed(const range& r, std::vector<range>& to) const {
  const sequence last = std::min(end, r.from + r.count);
  bool some = false;
  for (sequence n = std::max(r.from, header.first); n < last; ++n) {
    if (!gone.test(n - header.first) || absent.test(n - header.first)) continue;
    add_to(to, n);
    some = true;
  }
  return some;
}

std::vector<place> places_of(const file& from, const segment& s, std::size_t step) {
  constexpr std::size_t read_step = std::size_t{64} << 10;
  std::vector<place> places;
  if (step >= s.index.size()) return places;
  const std::uint64_t end = step + 1 < s.index.size() ? s.index[step + 1].offset : s.written;
  window w(from, end, read_step);
  for (std::uint64_t at = s.index[step].offset; at < end;) {
    const auto bytes = w.at(at, record_header_size);
    const auto h = bytes && *bytes != nullptr ? record_header_of(*bytes, s.seed) : std::nullopt;
    if (!h) break;
    if (h->what == kind::entry) places.push_back({.number = h->number, .offset = at, .length = h->length});
    at += h->size();
  }
  return places;
}

void add_to(std::vector<range>& ranges, sequence number) {
  if (!ranges.empty() && ranges.back().from + ranges.back().count == number) ++ranges.back().count;
  else ranges.push_back({.from = number, .count = 1});
}

}  // namespace wye::disk
