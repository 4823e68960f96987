#include "worker_table.hpp"

#include <algorithm>

namespace wye::devices {
namespace {

bool busier(const worker_table::worker& a, const worker_table::worker& b) noexcept {
  const auto left = a.outstanding * b.capacity, right = b.outstanding * a.capacity;
  return left != right ? left > right : a.last_used > b.last_used;
}

}  // namespace

std::optional<worker_table::id> worker_table::find(std::size_t socket, std::string_view identity) const {
  if (socket >= by_name_.size()) return std::nullopt;
  const auto at = by_name_[socket].find(identity);
  return at == by_name_[socket].end() ? std::nullopt : std::optional(at->second);
}

std::optional<worker_table::id> worker_table::add(std::size_t socket, std::string_view identity, std::size_t capacity,
                                                  time_point now) {
  if (count_ >= max_workers_) return std::nullopt;
  if (spare_.empty()) {
    spare_.push_back(static_cast<id>(all_.size()));
    all_.emplace_back();
  }
  const id w = spare_.back();
  spare_.pop_back();
  all_[w] = {.identity = std::string(identity),
             .socket = socket,
             .capacity = std::max<std::size_t>(capacity, 1),
             .heard = now,
             .last_used = ++uses_,
             .here = true};
  if (socket >= by_name_.size()) by_name_.resize(socket + 1);
  by_name_[socket].emplace(identity, w);
  ++count_;
  return w;
}

void worker_table::remove(id w) {
  by_name_[all_[w].socket].erase(all_[w].identity);
  all_[w] = {};
  spare_.push_back(w);
  --count_;
}

bool worker_table::leave(id w) noexcept {
  all_[w].leaving = true;
  return all_[w].outstanding == 0;
}

std::optional<worker_table::id> worker_table::choose(time_point now) const noexcept {
  std::optional<id> best;
  for (id w = 0; w < all_.size(); ++w) {
    const worker& c = all_[w];
    if (!c.here || c.leaving || c.outstanding >= c.capacity || c.rests_until > now) continue;
    if (!best || busier(all_[*best], c)) best = w;
  }
  return best;
}

void worker_table::give(id w) noexcept {
  ++all_[w].outstanding;
  all_[w].last_used = ++uses_;
}

bool worker_table::done(id w) noexcept {
  if (all_[w].outstanding > 0) --all_[w].outstanding;
  return all_[w].leaving && all_[w].outstanding == 0;
}

}  // namespace wye::devices
