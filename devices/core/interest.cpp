#include "interest.hpp"

namespace wye::devices {

bool interest::fits(std::string_view prefix) const noexcept {
  return prefix.empty() || (counts_.size() < max_topics_ && prefix.size() <= max_bytes_ - bytes_);
}

std::optional<std::string> interest::add(std::string_view prefix) {
  auto known = counts_.find(prefix);
  if (known == counts_.end() && !fits(prefix)) prefix = {}, known = counts_.find(prefix);
  if (known != counts_.end()) return ++known->second, std::nullopt;
  bytes_ += prefix.size();
  return counts_.emplace(prefix, 1).first->first;
}

std::optional<std::string> interest::remove(std::string_view prefix) {
  auto known = counts_.find(prefix);
  if (known == counts_.end()) known = counts_.find(std::string_view{});
  if (known == counts_.end() || --known->second > 0) return std::nullopt;
  bytes_ -= known->first.size();
  return std::move(counts_.extract(known).key());
}

}  // namespace wye::devices
