#include "interest.hpp"

namespace wye::shm {
namespace {

constexpr std::size_t most_prefixes = 100'000;  // of one peer
constexpr std::size_t most_bytes = std::size_t{64} << 20;
constexpr std::size_t most_in_all = 1'000'000;  // as many as links::subscriptions tells apart

}  // namespace

interest::change interest::add(const void* peer, std::string_view prefix) {
  const std::lock_guard lock(mutex_);
  wish& w = all_[peer];
  if (w.prefixes.size() >= most_prefixes || w.bytes + prefix.size() > most_bytes || prefixes_ >= most_in_all)
    return change::too_much;
  if (!w.prefixes.emplace(prefix).second) return change::none;
  w.bytes += prefix.size();
  ++prefixes_;
  return change::done;
}

interest::change interest::remove(const void* peer, std::string_view prefix) {
  const std::lock_guard lock(mutex_);
  wish& w = all_[peer];
  const auto at = w.prefixes.find(prefix);
  if (at == w.prefixes.end()) return change::none;
  w.bytes -= at->size();
  w.prefixes.erase(at);
  --prefixes_;
  return change::done;
}

// In the words of XPUB, which links::subscriptions takes.
bool interest::count_in(bool more, std::string_view prefix) {
  return sum_.note(as_bytes((more ? '\1' : '\0') + std::string(prefix)), true) != links::subscriptions::change::none;
}

topic_set interest::drop(const void* peer) {
  const std::lock_guard lock(mutex_);
  auto gone = all_.extract(peer);
  if (gone.empty()) return {};
  topic_set& prefixes = gone.mapped().prefixes;
  prefixes_ -= prefixes.size();
  std::erase_if(prefixes, [this](const std::string& p) { return !count_in(false, p); });
  return std::move(prefixes);
}

topic_set interest::of(const void* peer) const {
  const std::lock_guard lock(mutex_);
  const auto at = all_.find(peer);
  return at == all_.end() ? topic_set{} : at->second.prefixes;
}

}  // namespace wye::shm
