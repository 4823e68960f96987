#include "scanner.hpp"

#include <algorithm>
#include <cstring>

namespace wye::disk {
namespace {

bool is_zero(bytes_view bytes) {
  return bytes.empty() || (bytes[0] == std::byte{0} && std::memcmp(&bytes[0], &bytes[0] + 1, bytes.size() - 1) == 0);
}

}  // namespace

result<const std::byte*> window::at(std::uint64_t offset, std::size_t size) {
  if (offset > end_ || size > end_ - offset) return nullptr;
  if (offset < start_ || offset + size > start_ + filled_) {
    const std::size_t wanted = std::min<std::uint64_t>(std::max(size, step_), end_ - offset);
    if (bytes_.size() < wanted) bytes_.resize(wanted);
    const auto got = file_.read(offset, {bytes_.data(), wanted});
    if (!got) return got.error();
    start_ = offset, filled_ = *got;
    if (filled_ < size) return nullptr;
  }
  return bytes_.data() + (offset - start_);
}

result<scanned> scanner::next() {
  auto found = look(at_);
  if (found && found->what == scanned::sort::damaged_header) found = look_behind_damage(at_);
  if (!found) return found;
  at_ = found->next;
  if (found->what == scanned::sort::record || found->what == scanned::sort::damaged_content)
    seen_ = found->header.number + (found->header.what == kind::entry ? 1 : 0);
  return found;
}

// What stands at `offset`, which may be no place where a record begins: then it is a damaged header with no next place.
result<scanned> scanner::look(std::uint64_t offset) {
  const auto header = window_.at(offset, record_header_size);
  if (!header) return header.error();
  if (*header == nullptr) {
    const auto zero = all_zero(offset);
    if (!zero) return zero.error();
    return scanned{
        .what = *zero ? scanned::sort::end : scanned::sort::damaged_header, .offset = offset, .next = offset};
  }
  const auto h = record_header_of(*header, seed_);
  if (!h || h->number < seen_ || h->number > most_ || h->size() > window_.end() - offset) {
    scanned s{.what = scanned::sort::damaged_header, .offset = offset};
    if (is_zero({*header, record_header_size})) {
      const auto zero = all_zero(offset);
      if (!zero) return zero.error();
      if (*zero) s.what = scanned::sort::end, s.next = offset;
    }
    return s;
  }
  const auto whole = window_.at(offset, record_header_size + h->length);
  if (!whole) return whole.error();
  scanned s{.offset = offset, .next = offset + h->size(), .header = *h};
  if (*whole == nullptr) return s.what = scanned::sort::damaged_header, s;
  s.content = {*whole + record_header_size, h->length};
  s.what = is_whole(*h, s.content, seed_) ? scanned::sort::record : scanned::sort::damaged_content;
  return s;
}

// The damage goes as far as the next record that is whole; records begin at multiples of 8.
result<scanned> scanner::look_behind_damage(std::uint64_t offset) {
  scanned damage{.what = scanned::sort::damaged_header, .offset = offset, .next = window_.end()};
  for (std::uint64_t at = offset + 8; at + record_header_size <= window_.end(); at += 8) {
    const auto header = window_.at(at, record_header_size);
    if (!header) return header.error();
    if (*header == nullptr || !record_header_of(*header, seed_)) continue;
    const auto found = look(at);
    if (!found) return found.error();
    if (found->what == scanned::sort::record) return damage.next = at, damage;
  }
  return damage;
}

result<bool> scanner::all_zero(std::uint64_t from) {
  constexpr std::size_t page = 4096;
  while (from < window_.end()) {
    const std::size_t size = std::min<std::uint64_t>(page, window_.end() - from);
    const auto bytes = window_.at(from, size);
    if (!bytes) return bytes.error();
    if (*bytes == nullptr) return true;  // the file ends before it should: nothing is there
    if (!is_zero({*bytes, size})) return false;
    from += size;
  }
  return true;
}

}  // namespace wye::disk
