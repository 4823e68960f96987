#include "interest.hpp"

namespace wye::zmq_engine {

interest::change interest::note(bytes_view notification) {
  if (notification.empty()) return change::none;
  const auto first = std::to_integer<unsigned>(notification[0]);
  const std::string topic(as_text(notification.subspan(1)));
  const std::lock_guard lock(mutex_);
  if (first == 1) {
    if (topics_.size() >= max_topics && !topics_.contains(topic)) return change::none;
    ++topics_[topic];
    ++total_;
    return change::subscribed;
  }
  const auto at = topics_.find(topic);
  if (first != 0 || at == topics_.end()) return change::none;
  if (--at->second == 0) topics_.erase(at);
  --total_;
  return change::unsubscribed;
}

std::size_t interest::count(std::optional<bytes_view> topic) const {
  const std::lock_guard lock(mutex_);
  if (!topic) return total_;
  const std::string_view text = as_text(*topic);
  std::size_t sum = 0;
  if (topics_.size() <= text.size()) {
    for (const auto& [prefix, n] : topics_)
      if (text.starts_with(prefix)) sum += n;
    return sum;
  }
  for (std::size_t length = 0; length <= text.size(); ++length)
    if (const auto at = topics_.find(text.substr(0, length)); at != topics_.end()) sum += at->second;
  return sum;
}

}  // namespace wye::zmq_engine
