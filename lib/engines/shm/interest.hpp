// interest: what a publisher's peers asked for.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <wye/frame.hpp>

namespace wye::shm {

using topic_set = std::set<std::string, std::less<>>;

/// Any thread.
class interest {
 public:
  enum class change { none, done, too_much };
  /// `peer` is any key of a link.
  change add(const void* peer, std::string_view prefix);
  change remove(const void* peer, std::string_view prefix);
  /// All that the peer had asked for.
  topic_set drop(const void* peer);

  [[nodiscard]] topic_set of(const void* peer) const;
  [[nodiscard]] std::size_t count(std::optional<bytes_view> topic) const;

 private:
  struct wish {
    topic_set prefixes;
    std::size_t bytes = 0;
  };
  mutable std::mutex mutex_;
  std::map<const void*, wish> all_;
};

}  // namespace wye::shm
