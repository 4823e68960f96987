#include "group.hpp"

#include <algorithm>

namespace wye::devices::logs {

void group::join(const subscriber_id& who) {
  if (std::ranges::find(members_, who) == members_.end()) members_.push_back(who);
  share();
}

void group::leave(const subscriber_id& who) {
  std::erase(members_, who);
  for (auto& owner : owners_)
    if (owner == who) owner.reset();
  share();
}

std::size_t group::count_of(const subscriber_id& who) const {
  return static_cast<std::size_t>(std::ranges::count(owners_, std::optional(who)));
}

// Who has more than a fair share gives the rest back; what nobody has goes to who has least.
void group::share() {
  ++generation_;
  if (members_.empty()) return;
  const std::size_t least = owners_.size() / members_.size(), more = owners_.size() % members_.size();
  std::size_t with_more = 0;
  for (const auto& m : members_) {
    std::size_t extra = count_of(m);
    const std::size_t fair = least + (extra > least && with_more < more ? 1 : 0);
    if (fair > least) ++with_more;
    for (auto owner = owners_.rbegin(); owner != owners_.rend() && extra > fair; ++owner)
      if (*owner == m) owner->reset(), --extra;
  }
  for (auto& owner : owners_)
    if (!owner) owner = *std::ranges::min_element(members_, {}, [this](const auto& m) { return count_of(m); });
}

}  // namespace wye::devices::logs
