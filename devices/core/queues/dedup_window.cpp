#include "dedup_window.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace wye::devices {
namespace {

std::uint64_t mixed(std::uint64_t k) noexcept {
  k = (k ^ (k >> 33)) * 0xff51afd7ed558ccdULL;
  k = (k ^ (k >> 33)) * 0xc4ceb9fe1a85ec53ULL;
  return k ^ (k >> 33);
}

constexpr std::uint64_t c1 = 0x87c37b91114253d5ULL, c2 = 0x4cf5ad432745937fULL;

std::uint64_t low_word(std::uint64_t k) noexcept { return std::rotl(k * c1, 31) * c2; }
std::uint64_t high_word(std::uint64_t k) noexcept { return std::rotl(k * c2, 33) * c1; }

}  // namespace

id_hash hash_of(std::string_view id) noexcept {
  std::uint64_t a = 0, b = 0;
  std::string_view rest = id;
  for (; rest.size() >= 16; rest.remove_prefix(16)) {
    std::uint64_t k[2];
    std::memcpy(k, rest.data(), 16);
    a = (std::rotl(a ^ low_word(k[0]), 27) + b) * 5 + 0x52dce729;
    b = (std::rotl(b ^ high_word(k[1]), 31) + a) * 5 + 0x38495ab5;
  }
  std::uint64_t tail[2] = {0, 0};
  std::memcpy(tail, rest.data(), rest.size());
  b ^= high_word(tail[1]);
  a ^= low_word(tail[0]);
  a ^= id.size(), b ^= id.size();
  a += b, b += a;
  a = mixed(a), b = mixed(b);
  a += b, b += a;
  return {a, b};
}

// --- the window

const seen_id* dedup_window::at(const slot& s) const noexcept {
  const std::uint32_t index = s.place - 1 - static_cast<std::uint32_t>(base_);
  return index < seen_.size() ? &seen_[index] : nullptr;
}

const seen_id* dedup_window::find(const id_hash& id, micros now) const {
  if (slots_.empty()) return nullptr;
  const auto tag = static_cast<std::uint32_t>(id.high);
  const seen_id* found = nullptr;  // the latest, if the same id came again after it was forgotten
  for (std::size_t i = id.low & (slots_.size() - 1); slots_[i].place != 0; i = (i + 1) & (slots_.size() - 1)) {
    const seen_id* seen = slots_[i].tag == tag ? at(slots_[i]) : nullptr;
    if (seen != nullptr && seen->id == id && seen->until > now) found = seen;
  }
  return found;
}

const seen_id* dedup_window::find_message(sequence s, micros now) const {
  if (seen_.empty() || s < seen_.front().first || s > seen_.back().first) return nullptr;
  const auto before = [](const seen_id& a, sequence b) { return a.first < b; };
  const auto [from, to] = near(s);
  const auto found = std::lower_bound(from, to, s, before);
  return found != seen_.end() && found->first == s && found->until > now ? &*found : nullptr;
}

// A part of the window with the first id whose message is not before `s`. Messages are asked for mostly in their order,
// so it is looked for from where the last one was, in steps that double: few of them, and in memory that was just used.
std::pair<dedup_window::position, dedup_window::position> dedup_window::near(sequence s) const {
  const std::size_t last = seen_.size() - 1;
  std::size_t low = std::min<std::uint64_t>(asked_ - std::min(asked_, base_), last), high = low;
  for (std::size_t step = 1; low > 0 && seen_[low].first > s; step *= 2) high = low, low -= std::min(low, step);
  for (std::size_t step = 1; high < last && seen_[high].first < s; step *= 2)
    low = high, high = std::min(high + step, last);
  asked_ = base_ + high;
  return {seen_.begin() + static_cast<std::ptrdiff_t>(low), seen_.begin() + static_cast<std::ptrdiff_t>(high) + 1};
}

void dedup_window::add(const seen_id& seen) {
  if (seen_.size() >= most_) seen_.pop_front(), ++base_, ++forgotten_;
  make_room();
  enter(seen.id, base_ + seen_.size());
  seen_.push_back(seen);
}

void dedup_window::enter(const id_hash& id, std::uint64_t place) {
  std::size_t i = id.low & (slots_.size() - 1);
  while (slots_[i].place != 0) i = (i + 1) & (slots_.size() - 1);
  slots_[i] = {static_cast<std::uint32_t>(id.high), static_cast<std::uint32_t>(place) + 1};
  ++used_;
}

// At most three quarters are used, counting those that are forgotten.
void dedup_window::make_room() {
  if (used_ * 4 < slots_.size() * 3) return;
  slots_.assign(std::bit_ceil(std::max<std::size_t>(seen_.size() * 2, 64)), {});
  used_ = 0, asked_ -= std::min(asked_, base_), base_ = 0;
  for (std::size_t i = 0; i < seen_.size(); ++i) enter(seen_[i].id, i);
}

void dedup_window::remove_last(std::size_t n) {
  for (; n > 0 && !seen_.empty(); --n) seen_.pop_back();
}

void dedup_window::expire(micros now) {
  for (; !seen_.empty() && seen_.front().until <= now; ++base_) seen_.pop_front();
}

}  // namespace wye::devices
