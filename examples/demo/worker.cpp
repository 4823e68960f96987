// Demo, the workers: takes lines from the queue `lines`, and puts their words, one per line of the body, into the queue
// `words`. A line is acknowledged when its words are confirmed. The id of the words is the line's, so that a line that
// comes again after a crash gives no second copy.
#include <csignal>
#include <deque>
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
    std::cerr << "usage: demo_worker DEVICE\n";
    return 64;
  }
  using namespace std::chrono_literals;
  std::signal(SIGTERM, [](int) { stopping.request_stop(); });
  wye::context ctx;
  wye::consumer<std::string> lines(ctx, {.connect = argv[1], .queue = "lines", .prefetch = 1000});
  std::deque<wye::delivery<std::string>> open;  // their words are not confirmed
  wye::producer<std::string> words(
      ctx, {.connect = argv[1], .queue = "words", .window = 5000, .on_outcome = [&](const wye::put_outcome& what) {
              if (what.receipt) (void)open.front().ack();  // stale: the line comes again
              open.pop_front();
            }});
  while (!stopping.stop_requested()) {
    auto line = lines.next(5ms, stopping.get_token());
    if (!line) {
      (void)words.raw().poll();
      continue;
    }
    const std::string id = std::to_string(line->sequence());
    const std::string text = words_of(line->body);
    open.push_back(std::move(*line));
    if (!words.send(text, {.dedup_id = id, .correlation = id}, 60s)) return 1;
  }
  const bool confirmed = words.flush(10s).has_value();
  return lines.close(10s) && confirmed ? 0 : 1;
}
