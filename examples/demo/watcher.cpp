// Demo, a live subscriber: counts the words that pass until it is told how many messages there were; prints the most
// frequent ones and, as JSON on the last line, what it received. Says `ready` when the first message has come through.
#include <algorithm>
#include <cstdint>
#include <iostream>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <wye/wye.hpp>

namespace {

using count = std::pair<std::string, std::uint64_t>;

std::vector<count> most_frequent(const std::unordered_map<std::string, std::uint64_t>& counts, std::size_t n) {
  std::vector<count> all(counts.begin(), counts.end());
  std::sort(all.begin(), all.end(), [](const count& a, const count& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  all.resize(std::min(n, all.size()));
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: demo_watcher FORWARDER-BACKEND\n";
    return 64;
  }
  wye::context ctx;
  wye::subscriber<std::string> live(ctx, {.connect = argv[1], .topics = {"sync", "words", "end"}});
  std::unordered_map<std::string, std::uint64_t> counts;
  std::uint64_t received = 0, expected = UINT64_MAX;
  bool ready = false;
  while (received < expected) {
    const auto sample = live.recv(std::chrono::seconds(30));
    if (!sample) {
      std::cerr << "demo_watcher: " << sample.error().message() << " after " << received << " messages\n";
      return wye::exit_status(sample.code());
    }
    if (sample->topic == "sync") {
      if (!std::exchange(ready, true)) std::cout << "ready" << std::endl;
      continue;
    }
    if (sample->topic == "end") {
      expected = std::stoull(sample->body);
      continue;
    }
    ++received;
    const std::string_view words = sample->body;
    for (std::size_t at = 0; at < words.size();) {
      const std::size_t end = std::min(words.find('\n', at), words.size());
      ++counts[std::string(words.substr(at, end - at))];
      at = end + 1;
    }
  }
  for (const auto& [word, n] : most_frequent(counts, 10)) std::cout << n << ' ' << word << '\n';
  std::cout << "{\"received\":" << received << ",\"ledger\":\"" << live.ledger().str() << "\"}\n";
}
