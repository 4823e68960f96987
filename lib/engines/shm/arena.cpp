#include "arena.hpp"

#include <algorithm>
#include <bit>
#include <new>

namespace wye::shm {
namespace {

constexpr std::size_t most_units = std::size_t{1} << 21;

struct loan_store {
  std::shared_ptr<arena> from;
  arena::chunk what;
};
static_assert(sizeof(loan_store) <= frame::store_size);

loan_store* loan_in(std::byte* store) noexcept { return std::launder(reinterpret_cast<loan_store*>(store)); }
const loan_store* loan_in(const std::byte* store) noexcept {
  return std::launder(reinterpret_cast<const loan_store*>(store));
}

const frame::holder loan_holder{
    [](std::byte* to, const std::byte* from) {
      const loan_store* held = loan_in(from);
      held->from->share(held->what);
      new (to) loan_store(*held);
    },
    [](std::byte* store) noexcept {
      loan_store* held = loan_in(store);
      held->from->release(held->what);
      held->~loan_store();
    },
};

}  // namespace

arena::arena(std::size_t bytes) : bytes_(bytes), memory_(region::make(page + bytes, 0, fd_)) {
  while ((bytes >> unit_bits_) > most_units) ++unit_bits_;
  const std::size_t units = bytes >> unit_bits_;
  free_.resize(static_cast<std::size_t>(std::bit_width(units)));
  if (units == 0) return;
  users_ = std::make_unique<std::atomic<std::uint32_t>[]>(units);
  orders_ = std::make_unique<std::uint8_t[]>(units);
  positions_ = std::make_unique<std::uint32_t[]>(units);
  put_back(0, static_cast<unsigned>(free_.size()) - 1);
}

void arena::put_back(chunk c, unsigned order) {
  orders_[c] = static_cast<std::uint8_t>(order);
  free_[order].push_back(c);
  positions_[c] = static_cast<std::uint32_t>(free_[order].size());
}

arena::chunk arena::take(std::size_t bytes) {
  const std::size_t units = (bytes + (std::size_t{1} << unit_bits_) - 1) >> unit_bits_;
  const auto wanted = static_cast<unsigned>(std::bit_width(std::max<std::size_t>(units, 1) - 1));
  const std::lock_guard lock(mutex_);
  unsigned order = wanted;
  while (order < free_.size() && free_[order].empty()) ++order;
  if (order >= free_.size()) return none;
  const chunk c = free_[order].back();
  free_[order].pop_back();
  positions_[c] = 0;
  while (order > wanted) {
    --order;
    put_back(c + (chunk{1} << order), order);
  }
  orders_[c] = static_cast<std::uint8_t>(wanted);
  users_[c].store(1, std::memory_order_relaxed);
  return c;
}

// Buddies that are both free become one block again.
void arena::release(chunk c) noexcept {
  if (users_[c].fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  const std::lock_guard lock(mutex_);
  unsigned order = orders_[c];
  while (order + 1 < free_.size()) {
    const chunk buddy = c ^ (chunk{1} << order);
    if (positions_[buddy] == 0 || orders_[buddy] != order) break;
    auto& list = free_[order];
    const std::uint32_t hole = positions_[buddy] - 1;
    list[hole] = list.back();
    positions_[list[hole]] = hole + 1;
    list.pop_back();
    positions_[buddy] = 0;
    c &= ~(chunk{1} << order);
    ++order;
  }
  put_back(c, order);
}

std::optional<frame> arena::loan(std::size_t bytes) {
  if (bytes > bytes_) return std::nullopt;
  const chunk c = take(bytes);
  if (c == none) return std::nullopt;
  return frame::hold(loan_holder, [&](std::byte* store) {
    new (store) loan_store{shared_from_this(), c};
    return bytes_view(at(c), bytes);
  });
}

arena::chunk arena::loaned(frame& f) const noexcept {
  std::byte* store = f.held_by(loan_holder);
  if (store == nullptr) return none;
  const loan_store* held = loan_in(store);
  return held->from.get() == this && f.data() == at(held->what) ? held->what : none;
}

}  // namespace wye::shm
