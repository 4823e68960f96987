// interest: what a publisher's peers asked for.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include <wye/links/subscriptions.hpp>

namespace wye::shm {

using topic_set = std::set<std::string, std::less<>>;

/// Any thread.
class interest {
 public:
  enum class change { none, done, too_much };
  /// `peer` is any key of a link.
  change add(const void* peer, std::string_view prefix);
  change remove(const void* peer, std::string_view prefix);
  /// After one of them was done, and the link knows: so nobody who asks whether batches are read is ahead of a link
  /// that would not let them pass. False for a twin (see links::subscriptions), of which nobody else hears.
  bool count_in(bool more, std::string_view prefix);
  /// All that the peer had asked for, less the twins, and counted off.
  topic_set drop(const void* peer);

  [[nodiscard]] topic_set of(const void* peer) const;
  [[nodiscard]] std::size_t count(std::optional<bytes_view> topic) const { return sum_.count(topic); }
  bool reads_batches(bytes_view topic, audience& out) const { return sum_.reads_batches(topic, out); }

 private:
  struct wish {
    topic_set prefixes;
    std::size_t bytes = 0;
  };
  mutable std::mutex mutex_;
  std::map<const void*, wish> all_;
  std::size_t prefixes_ = 0;  // of all
  links::subscriptions sum_;
};

}  // namespace wye::shm
