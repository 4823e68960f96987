// The matcher, beside a naive one that tries everything.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <wye/subject.hpp>

namespace {

using tokens = std::vector<std::string>;

bool naive(const tokens& pattern, const tokens& topic, std::size_t p = 0, std::size_t t = 0) {
  if (p == pattern.size()) return t == topic.size();
  if (pattern[p] == "#")
    return naive(pattern, topic, p + 1, t) || (t < topic.size() && naive(pattern, topic, p, t + 1));
  return t < topic.size() && (pattern[p] == "*" || pattern[p] == topic[t]) && naive(pattern, topic, p + 1, t + 1);
}

std::string joined(const tokens& list) {
  std::string out;
  for (std::size_t i = 0; i < list.size(); ++i) out += (i > 0 ? "." : "") + list[i];
  return out;
}

// Few different tokens, so that they often fit.
tokens some(const std::vector<std::string>& of, int most) {
  tokens out(static_cast<std::size_t>(*rc::gen::inRange(1, most)));
  for (auto& token : out) token = *rc::gen::elementOf(of);
  return out;
}

}  // namespace

TEST_CASE("the matcher agrees with one that tries everything") {
  CHECK(rc::check("matches == naive", [] {
    const tokens pattern = some({"a", "b", "", "*", "#"}, 7), topic = some({"a", "b", ""}, 8);
    RC_ASSERT(wye::subject_matches(joined(pattern), joined(topic)) == naive(pattern, topic));
  }));
}
