// A pattern and a topic from a stranger: the matcher ends, and says what a plain recursive one says.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include <wye/subject.hpp>

namespace {

using tokens = std::vector<std::string_view>;

tokens split(std::string_view text) {
  tokens out;
  for (;;) {
    const auto dot = text.find('.');
    out.push_back(text.substr(0, dot));
    if (dot == std::string_view::npos) return out;
    text.remove_prefix(dot + 1);
  }
}

// matches[i][j]: the pattern from token i on matches the topic from token j on.
bool model(const tokens& pattern, const tokens& topic) {
  const std::size_t p = pattern.size(), t = topic.size();
  std::vector<std::vector<bool>> matches(p + 1, std::vector<bool>(t + 1, false));
  matches[p][t] = true;
  for (std::size_t i = p; i-- > 0;)
    for (std::size_t j = t + 1; j-- > 0;)
      if (pattern[i] == "#") matches[i][j] = matches[i + 1][j] || (j < t && matches[i][j + 1]);
      else matches[i][j] = j < t && (pattern[i] == "*" || pattern[i] == topic[j]) && matches[i + 1][j + 1];
  return matches[0][0];
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 1024) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto line = text.find('\n');
  const std::string_view pattern = text.substr(0, line);
  const std::string_view topic = line == std::string_view::npos ? std::string_view() : text.substr(line + 1);
  if (wye::subject_matches(pattern, topic) != model(split(pattern), split(topic))) std::abort();
  return 0;
}
