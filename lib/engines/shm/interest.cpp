#include "interest.hpp"

#include <algorithm>

namespace wye::shm {
namespace {

constexpr std::size_t most_prefixes = 100'000;  // of one peer
constexpr std::size_t most_bytes = std::size_t{64} << 20;

}  // namespace

interest::change interest::add(const void* peer, std::string_view prefix) {
  const std::lock_guard lock(mutex_);
  wish& w = all_[peer];
  if (w.prefixes.size() >= most_prefixes || w.bytes + prefix.size() > most_bytes) return change::too_much;
  if (!w.prefixes.emplace(prefix).second) return change::none;
  w.bytes += prefix.size();
  return change::done;
}

interest::change interest::remove(const void* peer, std::string_view prefix) {
  const std::lock_guard lock(mutex_);
  wish& w = all_[peer];
  const auto at = w.prefixes.find(prefix);
  if (at == w.prefixes.end()) return change::none;
  w.bytes -= at->size();
  w.prefixes.erase(at);
  return change::done;
}

topic_set interest::drop(const void* peer) {
  const std::lock_guard lock(mutex_);
  auto gone = all_.extract(peer);
  return gone.empty() ? topic_set{} : std::move(gone.mapped().prefixes);
}

topic_set interest::of(const void* peer) const {
  const std::lock_guard lock(mutex_);
  const auto at = all_.find(peer);
  return at == all_.end() ? topic_set{} : at->second.prefixes;
}

std::size_t interest::count(std::optional<bytes_view> topic) const {
  const std::lock_guard lock(mutex_);
  std::size_t sum = 0;
  for (const auto& [peer, w] : all_)
    sum += !topic ? w.prefixes.size()
                  : static_cast<std::size_t>(
                        std::count_if(w.prefixes.begin(), w.prefixes.end(),
                                      [text = as_text(*topic)](const std::string& p) { return text.starts_with(p); }));
  return sum;
}

}  // namespace wye::shm
