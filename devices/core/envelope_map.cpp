#include "envelope_map.hpp"

#include <utility>

#include <wye/envelope.hpp>

#include "envelopes.hpp"

namespace wye::devices {
namespace {

constexpr std::uint32_t last_bit = 0x80000000;
constexpr std::string_view filler{"\0\0\0\0", 4};

frame id_frame(std::uint32_t id) {
  const auto bytes = envelope::encode_serial(id);
  return frame::copy_of(bytes_view(bytes));
}

}  // namespace

// Numbers run from the ring's size on: 0 with bit 31 is the id of messages without an envelope.
envelope_map::envelope_map(std::size_t capacity)
    : ring_(capacity),
      index_(capacity),
      count_(static_cast<std::uint32_t>(capacity)),
      turn_(last_bit - last_bit % static_cast<std::uint32_t>(capacity)) {}

// The oldest entry, emptied. Its place in the ring follows from its serial, and the reverse.
envelope_map::entry& envelope_map::renew() {
  const auto place = static_cast<std::uint32_t>(count_ % ring_.size());
  entry& e = ring_[place];
  if (e.serial != 0) index_.erase(e.hash, place);
  else ++used_;
  e.serial = count_ | last_bit;
  if (++count_ == turn_) count_ = static_cast<std::uint32_t>(ring_.size());
  return e;
}

const envelope_map::entry& envelope_map::entry_of(const message& m, std::size_t frames, bool free) {
  const std::uint64_t hash = hash_front(m, frames);
  for (auto i = index_.first(hash); i != hash_chains::none; i = index_.next(i))
    if (const entry& e = ring_[i]; e.free == free && e.envelope.size() == frames && same_front(e.envelope, m, frames))
      return e;
  entry& e = renew();
  e.hash = hash;
  e.free = free;
  e.envelope.clear();
  for (std::size_t i = 0; i < frames; ++i) e.envelope.push_back(frame::copy_of(m[i].bytes()));
  index_.insert(hash, static_cast<std::uint32_t>(&e - ring_.data()));
  return e;
}

void envelope_map::outward(message& m) {
  const auto size = envelope_size(m);
  const bool free = !size || *size == 0;
  const entry& e = entry_of(m, free ? 1 : *size, free);
  for (std::size_t i = 0; i + 1 < e.envelope.size(); ++i) m[i] = frame::copy_of(filler);
  m[e.envelope.size() - 1] = id_frame(e.serial);
  if (!free) return;
  scratch_.clear();
  scratch_.push_back(std::move(m[0]));
  scratch_.push_back(frame());
  for (std::size_t i = 1; i < m.size(); ++i) scratch_.push_back(std::move(m[i]));
  std::swap(m, scratch_);
}

bool envelope_map::inward(message& m) {
  const auto size = envelope_size(m);
  if (!size || *size == 0) return false;
  const auto serial = envelope::decode_serial(m[*size - 1].bytes());
  if (!serial) return false;
  const entry& e = ring_[(*serial & ~last_bit) % ring_.size()];
  if (e.serial != *serial || e.envelope.size() != *size) return false;
  for (std::size_t i = 0; i < *size; ++i) m[i] = e.envelope[i];
  if (!e.free) return true;
  scratch_.clear();
  scratch_.push_back(std::move(m[0]));
  for (std::size_t i = 2; i < m.size(); ++i) scratch_.push_back(std::move(m[i]));
  std::swap(m, scratch_);
  return true;
}

}  // namespace wye::devices
