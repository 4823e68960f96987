#include <wye/subject.hpp>

#include <cstddef>

namespace wye {
namespace {

constexpr std::size_t end = std::string_view::npos;

// The token at `from`; moves `from` to the next one, or to `end` behind the last.
std::string_view take_token(std::string_view text, std::size_t& from) noexcept {
  const std::size_t dot = text.find('.', from);
  const std::string_view token = text.substr(from, dot == end ? end : dot - from);
  from = dot == end ? end : dot + 1;
  return token;
}

}  // namespace

// As for file names: when tokens don't fit, the last `#` takes one more. Earlier ones need not be tried again.
bool subject_matches(std::string_view pattern, std::string_view topic) noexcept {
  std::size_t p = 0, t = 0;
  std::size_t after_hash = 0, hash_takes_to = end;
  bool hash = false;
  for (;;) {
    std::size_t p_next = p, t_next = t;
    const std::string_view wanted = p == end ? std::string_view() : take_token(pattern, p_next);
    if (p != end && wanted == "#") {
      hash = true, after_hash = p = p_next, hash_takes_to = t;
    } else if (p == end && t == end) {
      return true;
    } else if (p != end && t != end && (take_token(topic, t_next) == wanted || wanted == "*")) {
      p = p_next, t = t_next;
    } else {
      if (!hash || hash_takes_to == end) return false;
      take_token(topic, hash_takes_to);
      p = after_hash, t = hash_takes_to;
    }
  }
}

}  // namespace wye
