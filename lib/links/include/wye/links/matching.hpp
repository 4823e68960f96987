// matching: whether a topic is wanted.
#pragma once

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

namespace wye::links {

/// Whether one of `prefixes` is one of `topic`. The last one that does not sort behind the topic either is, or shows
/// how much of the topic can still match.
inline bool matches(const std::set<std::string, std::less<>>& prefixes, std::string_view topic) {
  for (;;) {
    auto at = prefixes.upper_bound(topic);
    if (at == prefixes.begin()) return false;
    --at;
    if (topic.starts_with(*at)) return true;
    const auto differ = std::mismatch(at->begin(), at->end(), topic.begin(), topic.end());
    topic = topic.substr(0, static_cast<std::size_t>(differ.second - topic.begin()));
  }
}

}  // namespace wye::links
