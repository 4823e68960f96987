// Demo, the workers: a replier that turns a line of text into its words, one word per line of the answer.
#include <csignal>
#include <iostream>
#include <string>

#include <wye/wye.hpp>

namespace {

std::stop_source stopping;

// Words are runs of the letters A to Z, in small letters: what `tr -cs A-Za-z '\n' | tr A-Z a-z` gives.
std::string words_of(std::string_view line) {
  std::string words;
  for (const char c : line) {
    const bool big = c >= 'A' && c <= 'Z', small = c >= 'a' && c <= 'z';
    if (big || small) words += big ? static_cast<char>(c - 'A' + 'a') : c;
    else if (!words.empty() && words.back() != '\n') words += '\n';
  }
  return words;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: demo_worker QUEUE-BACKEND\n";
    return 64;
  }
  std::signal(SIGTERM, [](int) { stopping.request_stop(); });
  wye::context ctx;
  wye::replier<std::string, std::string> worker(ctx, {.connect = argv[1], .prefetch = 100});
  const auto served = worker.serve([](const std::string& line) { return words_of(line); }, stopping.get_token());
  return served ? 0 : 1;
}
