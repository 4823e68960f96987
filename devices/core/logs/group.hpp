// group: which member of a consumer group has which partitions, from one generation to the next.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace wye::devices::logs {

/// Who subscribed: a connection and its name for the subscription.
struct subscriber_id {
  std::string session;
  std::uint64_t sub = 0;
  friend bool operator==(const subscriber_id&, const subscriber_id&) = default;
  friend bool operator<(const subscriber_id& a, const subscriber_id& b) {
    return std::tie(a.session, a.sub) < std::tie(b.session, b.sub);
  }
};

/// Pure: no log, no clock. Partitions are shared so that members differ by one at most, and as few as possible move.
class group {
 public:
  explicit group(std::size_t partitions, std::uint64_t generation = 0) : owners_(partitions), generation_(generation) {}

  /// A new generation begins with each of these.
  void join(const subscriber_id& who);
  void leave(const subscriber_id& who);

  [[nodiscard]] std::uint64_t generation() const noexcept { return generation_; }
  [[nodiscard]] const std::vector<subscriber_id>& members() const noexcept { return members_; }
  [[nodiscard]] bool owns(const subscriber_id& who, std::size_t partition) const {
    return partition < owners_.size() && owners_[partition] == who;
  }

 private:
  void share();
  [[nodiscard]] std::size_t count_of(const subscriber_id& who) const;

  std::vector<std::optional<subscriber_id>> owners_;  // by partition
  std::vector<subscriber_id> members_;                // in the order in which they came
  std::uint64_t generation_;
};

}  // namespace wye::devices::logs
