// From a record's number to its place: the index knows one in 64 KiB, the rest is read back and remembered for a while.
#include <algorithm>

#include "disk_log.hpp"

namespace wye::disk {
namespace {

template <class Places>
auto find_in(Places& places, sequence number) {
  const auto at =
      std::lower_bound(places.begin(), places.end(), number, [](const place& p, sequence n) { return p.number < n; });
  return at != places.end() && at->number == number ? at : places.end();
}

}  // namespace

// Of a record that is there. If its neighbourhood cannot be read, its size is taken for the average, so that it can be
// erased all the same; its offset is then the index's.
place disk_log::locate(segment& s, sequence number) {
  const bool in_tail = &s == &active() && !tail_.empty() && number >= tail_.front().number;
  const std::vector<place>& near = in_tail ? tail_ : places_near(s, number);
  if (const auto found = find_in(near, number); found != near.end()) return *found;
  return {.number = number,
          .offset = s.index.empty() ? data_start : s.index.front().offset,
          .length = static_cast<std::uint32_t>(s.bytes / std::max<std::uint64_t>(s.records, 1))};
}

const std::vector<place>& disk_log::places_near(segment& s, sequence number) {
  const auto behind =
      std::upper_bound(s.index.begin(), s.index.end(), number, [](sequence n, const place& p) { return n < p.number; });
  const std::size_t step = behind == s.index.begin() ? 0 : static_cast<std::size_t>(behind - s.index.begin()) - 1;
  block& b = block_of(s, step);
  if (b.ordinal != s.header.ordinal || b.number != step)
    b = {.ordinal = s.header.ordinal, .number = step, .places = decode(s, step)};
  return b.places;
}

disk_log::block& disk_log::block_of(const segment& s, std::size_t step) {
  return blocks_[(s.header.ordinal * 31 + step) % blocks_.size()];
}

// The places of one step of the index.
std::vector<place> disk_log::decode(segment& s, std::size_t step) {
  const auto opened = file_of(s);
  return opened ? places_of(**opened, s, step) : std::vector<place>();
}

}  // namespace wye::disk
