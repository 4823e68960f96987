#include "item_table.hpp"

#include <algorithm>

namespace wye::devices {

std::size_t item_table::run_of(sequence s) const noexcept {
  const std::uint64_t number = s / width;
  if (runs_.empty() || number < runs_.front().number) return runs_.size();
  const std::uint64_t guess = std::min<std::uint64_t>(number - runs_.front().number, runs_.size() - 1);
  if (runs_[guess].number == number) return guess;
  const auto end = runs_.begin() + static_cast<std::ptrdiff_t>(guess) + 1;
  const auto at =
      std::lower_bound(runs_.begin(), end, number, [](const run& r, std::uint64_t n) { return r.number < n; });
  return at != end && at->number == number ? static_cast<std::size_t>(at - runs_.begin()) : runs_.size();
}

item& item_table::add(sequence s) {
  const std::uint64_t number = s / width;
  // A run that has given up places has no room behind them: only the last one can be added to, and it is never shrunk.
  if (runs_.empty() || runs_.back().number != number) {
    if (!runs_.empty()) shrink(runs_.back());
    tidy();
    runs_.push_back({.number = number, .items = std::make_unique<item[]>(width)});
  }
  run& r = runs_.back();
  if (r.live == 0 && r.present != 0) --empty_runs_;
  const std::uint64_t bit = bit_of(s);
  r.present |= bit, r.live |= bit;
  ++size_;
  return r.items[r.index_of(bit)] = item{};
}

void item_table::erase(sequence s) noexcept {
  const std::size_t at = run_of(s);
  if (at == runs_.size() || (runs_[at].live & bit_of(s)) == 0) return;
  run& r = runs_[at];
  r.live &= ~bit_of(s);
  --size_;
  if (r.live == 0) ++empty_runs_;
  if (&r != &runs_.back()) shrink(r);
}

// Gives back the places of what was erased, as soon as they are half of all.
void item_table::shrink(run& r) {
  if (r.live == 0) return r.items.reset();
  const auto left = static_cast<std::size_t>(__builtin_popcountll(r.live));
  if (left * 2 > static_cast<std::size_t>(__builtin_popcountll(r.present))) return;
  auto kept = std::make_unique<item[]>(left);
  std::size_t n = 0;
  for (std::uint64_t bits = r.live; bits != 0; bits &= bits - 1) kept[n++] = r.items[r.index_of(bits & (~bits + 1))];
  r.items = std::move(kept);
  r.present = r.live;
}

void item_table::tidy() {
  if (empty_runs_ * 2 <= runs_.size()) return;
  std::erase_if(runs_, [](const run& r) { return r.live == 0; });
  empty_runs_ = 0;
}

sequence item_table::first() const noexcept {
  for (const run& r : runs_)
    if (r.live != 0) return r.number * width + static_cast<std::uint64_t>(__builtin_ctzll(r.live));
  return 0;
}

}  // namespace wye::devices
