// Demo, the collector: takes the words of each line from the queue `words`, counts them, and publishes them through the
// forwarder. It counts each line once, whatever comes twice: the line's number tells. Before the first line it
// publishes on "sync" until standard input says go: then all live subscribers are there. Prints a JSON line now and
// then; at the end the most frequent words and the ledger.
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <iostream>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <wye/wye.hpp>

namespace {

using namespace std::chrono_literals;

constexpr auto patience = 60s;
constexpr auto report_interval = 10ms;

using count = std::pair<std::string, std::uint64_t>;

std::vector<count> most_frequent(const std::unordered_map<std::string, std::uint64_t>& counts, std::size_t n) {
  std::vector<count> all(counts.begin(), counts.end());
  std::sort(all.begin(), all.end(), [](const count& a, const count& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  all.resize(std::min(n, all.size()));
  return all;
}

// Which numbers were seen.
class number_set {
 public:
  bool insert(std::uint64_t n) {
    if (n >= seen_.size()) seen_.resize(2 * n + 1);
    return !std::exchange(seen_[n], char{1});
  }

 private:
  std::vector<char> seen_;
};

class collector {
 public:
  collector(wye::context& ctx, const char* device, const char* forwarder)
      : from_(ctx, {.connect = device, .queue = "words", .prefetch = 2000}),
        publish_(ctx, {.connect = forwarder, .socket = {.overflow = wye::overflow::block}}) {
    publish_.wait_for_subscribers("words", 1, 10s).value();
    wye::poller waiting;
    waiting.add_timer(10ms, [this] { publish_.send("sync", "", patience).value(); });
    waiting.add(STDIN_FILENO, POLLIN, [&waiting](short) { waiting.stop(); });
    waiting.run();
  }

  void run(std::uint64_t lines) {
    while (counted_ < lines) {
      auto words = from_.next(patience).value();
      if (lines_seen_.insert(std::stoull(words.info.properties.correlation))) take(words.body);
      else ++again_;
      (void)words.ack();  // stale: it comes again, and is known
      report();
    }
    from_.close(patience).value();
    publish_.send("end", std::to_string(counted_), patience).value();
    publish_.close(10s).value();
  }

  void print() const {
    for (const auto& [word, n] : most_frequent(counts_, 10)) std::cout << n << ' ' << word << '\n';
    std::cout << "{\"counted\":" << counted_ << ",\"again\":" << again_ << ",\"stale\":" << from_.stale() << "}\n";
  }

 private:
  void take(const std::string& words) {
    ++counted_;
    for (std::size_t at = 0; at < words.size();) {
      const std::size_t end = std::min(words.find('\n', at), words.size());
      ++counts_[words.substr(at, end - at)];
      at = end + 1;
    }
    publish_.send("words", words, patience).value();
  }

  void report() {
    if (wye::clock::now() < next_report_) return;
    next_report_ = wye::clock::now() + report_interval;
    std::cout << "{\"done\":" << counted_ << "}" << std::endl;
  }

  wye::consumer<std::string> from_;
  wye::publisher<std::string> publish_;
  number_set lines_seen_;
  std::unordered_map<std::string, std::uint64_t> counts_;
  std::uint64_t counted_ = 0, again_ = 0;
  wye::time_point next_report_{};
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: demo_collector DEVICE FORWARDER-FRONTEND LINES\n";
    return 64;
  }
  try {
    wye::context ctx;
    collector c(ctx, argv[1], argv[2]);
    c.run(std::stoull(argv[3]));
    c.print();
  } catch (const wye::error& e) {
    std::cerr << "demo_collector: " << e.what() << '\n';
    return wye::exit_status(e.which());
  }
}
