// interest: how many subscriptions there are behind a forwarder, prefix by prefix.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace wye::devices {

/// Counts references to prefixes. Pure: no socket, no clock. Beyond its bounds a prefix counts as a reference to "",
/// which matches everything: too much is let through, never too little.
class interest {
 public:
  interest(std::size_t max_topics, std::size_t max_bytes) : max_topics_(max_topics), max_bytes_(max_bytes) {}

  /// One more subscription to `prefix`. The prefix to subscribe to upstream, if it is new there.
  std::optional<std::string> add(std::string_view prefix);
  /// One fewer. The prefix to unsubscribe from, if that was the last.
  std::optional<std::string> remove(std::string_view prefix);

  [[nodiscard]] std::size_t topics() const noexcept { return counts_.size(); }

 private:
  [[nodiscard]] bool fits(std::string_view prefix) const noexcept;

  std::map<std::string, std::size_t, std::less<>> counts_;
  std::size_t max_topics_, max_bytes_;
  std::size_t bytes_ = 0;
};

}  // namespace wye::devices
