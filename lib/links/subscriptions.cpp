#include <wye/links/subscriptions.hpp>

#include <wye/batch.hpp>

namespace wye::links {

subscriptions::change subscriptions::note(bytes_view notification, bool reader) {
  if (notification.empty()) return change::none;
  const auto first = std::to_integer<unsigned>(notification[0]);
  if (first > 1) return change::none;
  const bool twin = batch::marked(notification.subspan(1));
  const std::string topic(as_text(notification.subspan(twin ? 1 + batch::marker.size() : 1)));
  const std::lock_guard lock(mutex_);
  if (first == 0 && !topics_.contains(topic)) return change::none;
  if (first == 1 && topics_.size() >= max_topics && !topics_.contains(topic)) return change::none;
  const auto at = topics_.try_emplace(topic).first;
  tally& t = at->second;
  strange_ -= t.alike() ? 0 : 1;
  const bool changed = first == 1 ? add(t, twin, reader) : take(t, twin, reader);
  strange_ += t.alike() ? 0 : 1;
  if (t.plain + t.twins + t.foreign == 0) topics_.erase(at);
  if (twin || !changed) return change::none;
  total_ = first == 1 ? total_ + 1 : total_ - 1;
  return first == 1 ? change::subscribed : change::unsubscribed;
}

bool subscriptions::add(tally& t, bool twin, bool reader) noexcept {
  ++(!twin ? t.plain : reader ? t.twins : t.foreign);
  return true;
}

// Whose twin it was that ends with its connection is not known: then rather that of somebody who reads batches.
bool subscriptions::take(tally& t, bool twin, bool reader) noexcept {
  std::size_t& n = !twin ? t.plain : (reader && t.twins > 0) || t.foreign == 0 ? t.twins : t.foreign;
  if (n == 0) return false;
  --n;
  return true;
}

std::size_t subscriptions::count(std::optional<bytes_view> topic) const {
  const std::lock_guard lock(mutex_);
  if (!topic) return total_;
  const std::string_view text = as_text(*topic);
  std::size_t sum = 0;
  if (topics_.size() <= text.size()) {
    for (const auto& [prefix, n] : topics_)
      if (text.starts_with(prefix)) sum += n.plain;
    return sum;
  }
  for (std::size_t length = 0; length <= text.size(); ++length)
    if (const auto at = topics_.find(text.substr(0, length)); at != topics_.end()) sum += at->second.plain;
  return sum;
}

bool subscriptions::reads_batches(bytes_view topic, audience& out) const {
  const std::lock_guard lock(mutex_);
  if (strange_ > 0) return false;
  std::string_view left = as_text(topic);
  auto at = topics_.upper_bound(left);
  out.leaf = at == topics_.end() || !at->first.starts_with(left);
  while (at != topics_.begin()) {
    const std::string& before = std::prev(at)->first;
    if (left.starts_with(before)) {
      out.prefix = before;
      const auto next = at;
      out.closed = next == topics_.end() || !next->first.starts_with(before);
      return true;
    }
    // Nothing between what both begin with and here is a prefix of the topic.
    std::size_t common = 0;
    while (common < left.size() && common < before.size() && left[common] == before[common]) ++common;
    left = left.substr(0, common);
    at = topics_.upper_bound(left);
  }
  return false;
}

}  // namespace wye::links
