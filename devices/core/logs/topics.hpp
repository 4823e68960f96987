// topics: the newest messages of each topic of a partition.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <wye/store.hpp>

namespace wye::devices::logs {

/// Pure: no log, no clock. Remembers for each topic the sequences that are to be kept: the last `keep`, or, if that is
/// zero (keep everything), the last one.
class topics {
 public:
  explicit topics(std::uint32_t keep, std::uint64_t most) : keep_(keep), most_(most) {}

  /// Whether there is room for a message of this topic.
  [[nodiscard]] bool has_room_for(std::string_view topic) const;
  /// A message was stored. Appends what it supersedes to `gone`; nothing, when everything is kept.
  void add(std::string_view topic, sequence at, bool tombstone, std::int64_t time, std::vector<sequence>& gone);
  /// The message has been trimmed.
  void forget(std::string_view topic, sequence at);
  /// Tombstones from before `before` need not be kept any longer: appends those that stand last in their topics.
  void expire(std::int64_t before, std::vector<sequence>& gone);

  /// The last message of the topic; 0 if there is none.
  [[nodiscard]] sequence last(std::string_view topic) const;
  /// The last messages, less tombstones, of all topics for which `wanted(topic)` holds, in order.
  template <class Wanted>
  [[nodiscard]] std::vector<sequence> retained(Wanted&& wanted) const;
  /// The last messages of all topics, tombstones, too. Views hold until the next change.
  [[nodiscard]] std::vector<std::pair<std::string_view, sequence>> all_last() const;
  /// How many topics have one.
  [[nodiscard]] std::size_t retained_count() const noexcept { return table_.size() - deleted_; }

 private:
  struct entry {
    std::vector<sequence> kept;  // the oldest first
    bool deleted = false;        // the last one is a tombstone
  };
  struct hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>()(text); }
  };
  struct tombstone {
    std::int64_t time;
    sequence at;
    std::string topic;
  };
  using table = std::unordered_map<std::string, entry, hash, std::equal_to<>>;
  void mark(entry& e, bool deleted) noexcept;
  void erase(table::iterator which);
  static void supersede(entry& e, std::size_t keep, std::vector<sequence>& gone);

  std::uint32_t keep_;
  std::uint64_t most_;
  table table_;
  std::size_t deleted_ = 0;
  std::deque<tombstone> tombstones_;  // by time; some may be superseded
};

template <class Wanted>
std::vector<sequence> topics::retained(Wanted&& wanted) const {
  std::vector<sequence> all;
  for (const auto& [topic, e] : table_)
    if (!e.deleted && wanted(std::string_view(topic))) all.push_back(e.kept.back());
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace wye::devices::logs
