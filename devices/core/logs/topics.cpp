#include "topics.hpp"

namespace wye::devices::logs {

bool topics::has_room_for(std::string_view topic) const {
  return table_.size() < most_ || table_.find(topic) != table_.end();
}

void topics::add(std::string_view topic, sequence at, bool is_tombstone, std::int64_t time,
                 std::vector<sequence>& gone) {
  auto found = table_.find(topic);
  if (found == table_.end()) {
    if (keep_ == 0 && table_.size() >= most_) return;  // it is not retained
    found = table_.emplace(std::string(topic), entry{}).first;
  }
  entry& e = found->second;
  if (keep_ == 0) {
    e.kept.assign(1, at);
  } else {
    if (is_tombstone) supersede(e, 0, gone), tombstones_.push_back({time, at, std::string(topic)});
    e.kept.push_back(at);
    supersede(e, keep_, gone);
  }
  mark(e, is_tombstone);
}

void topics::supersede(entry& e, std::size_t keep, std::vector<sequence>& gone) {
  const std::size_t extra = e.kept.size() > keep ? e.kept.size() - keep : 0;
  gone.insert(gone.end(), e.kept.begin(), e.kept.begin() + static_cast<std::ptrdiff_t>(extra));
  e.kept.erase(e.kept.begin(), e.kept.begin() + static_cast<std::ptrdiff_t>(extra));
}

void topics::forget(std::string_view topic, sequence at) {
  const auto found = table_.find(topic);
  if (found == table_.end()) return;
  auto& kept = found->second.kept;
  std::erase(kept, at);
  if (kept.empty()) erase(found);
}

void topics::expire(std::int64_t before, std::vector<sequence>& gone) {
  for (; !tombstones_.empty() && tombstones_.front().time < before; tombstones_.pop_front()) {
    const auto& t = tombstones_.front();
    const auto found = table_.find(t.topic);
    if (found == table_.end() || !found->second.deleted || found->second.kept.back() != t.at) continue;
    gone.push_back(t.at);
    erase(found);
  }
}

sequence topics::last(std::string_view topic) const {
  const auto found = table_.find(topic);
  return found == table_.end() ? 0 : found->second.kept.back();
}

std::vector<std::pair<std::string_view, sequence>> topics::all_last() const {
  std::vector<std::pair<std::string_view, sequence>> all;
  all.reserve(table_.size());
  for (const auto& [topic, e] : table_) all.emplace_back(topic, e.kept.back());
  return all;
}

void topics::mark(entry& e, bool deleted) noexcept {
  if (e.deleted != deleted) deleted ? ++deleted_ : --deleted_;
  e.deleted = deleted;
}

void topics::erase(table::iterator which) {
  mark(which->second, false);
  table_.erase(which);
}

}  // namespace wye::devices::logs
