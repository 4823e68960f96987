#include "answers.hpp"

#include <utility>

namespace wye::detail {

answers::verdict answers::seen(const std::string& key, const message& envelope) {
  const auto [at, added] = entries_.try_emplace(key);
  entry& e = at->second;
  if (e.answer) {
    order_.splice(order_.end(), order_, e.place);
    return verdict::answered;
  }
  if (added) return verdict::fresh;
  e.newest = envelope;
  return verdict::running;
}

std::optional<message> answers::answer(const std::string& key, const message& body) {
  const auto at = entries_.find(key);
  if (at == entries_.end() || at->second.answer) return std::nullopt;
  entry& e = at->second;
  e.answer = body;
  e.place = order_.insert(order_.end(), key);
  bytes_ += body.byte_size() + key.size();
  auto asker = std::exchange(e.newest, std::nullopt);
  forget_some();
  return asker;
}

void answers::forget_some() {
  while (!order_.empty() && (order_.size() > max_entries_ || bytes_ > max_bytes_)) {
    const auto oldest = entries_.find(order_.front());
    bytes_ -= oldest->second.answer->byte_size() + oldest->first.size();
    order_.pop_front();
    entries_.erase(oldest);
  }
}

}  // namespace wye::detail
