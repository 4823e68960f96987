// Demo, the producer: sends each line of the files as a request to the queue device, many at a time, and publishes each
// answer through the forwarder device. A line counts as delivered when its answer is here and has been published.
// Before the first line it publishes on "sync" until standard input says go: then all subscribers are there.
// Prints a JSON line now and then, and the ledger at the end.
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include <wye/wye.hpp>

namespace {

using namespace std::chrono_literals;

constexpr std::size_t window = 1000;  // requests in flight
constexpr auto patience = 60s;        // for one line, over all attempts
constexpr auto report_interval = 100ms;

// The lines of many files, one after the other.
class lines {
 public:
  explicit lines(std::vector<std::string> files) : files_(std::move(files)) {}
  bool next(std::string& line) {
    for (;;) {
      if (in_.is_open() && std::getline(in_, line)) return true;
      in_.close();
      in_.clear();
      if (at_ == files_.size()) return false;
      in_.open(files_[at_++], std::ios::binary);
    }
  }

 private:
  std::vector<std::string> files_;
  std::size_t at_ = 0;
  std::ifstream in_;
};

std::vector<std::string> read_list(const char* path) {
  std::ifstream in(path, std::ios::binary);
  std::vector<std::string> names;
  for (std::string name; std::getline(in, name, '\0');) names.push_back(name);
  return names;
}

class producer {
 public:
  producer(wye::context& ctx, const char* queue, const char* forwarder)
      : ask_(ctx, {.connect = queue, .retry = {.attempts = 5}}),
        publish_(ctx, {.connect = forwarder, .socket = {.overflow = wye::overflow::block}}) {
    publish_.wait_for_subscribers("words", 1, 10s).value();
    wye::poller waiting;
    waiting.add_timer(10ms, [this] { publish_.send("sync", "", patience).value(); });
    waiting.add(STDIN_FILENO, POLLIN, [&waiting](short) { waiting.stop(); });
    waiting.run();
  }

  void run(lines& text) {
    std::string line;
    for (bool more = text.next(line); more || ask_.raw().in_flight() > 0;) {
      while (more && ask_.raw().in_flight() < window) {
        ask_.send(line, patience).value();
        ++sent_;
        more = text.next(line);
      }
      if (ask_.raw().in_flight() > 0) take_one();
      report();
    }
    publish_.send("end", std::to_string(published_), patience).value();
    publish_.close(10s).value();
  }

  void print_ledger() const {
    std::cout << "{\"sent\":" << sent_ << ",\"delivered\":" << published_ << ",\"dropped\":" << failed_
              << ",\"in_flight\":" << ask_in_flight_ << ",\"retries\":" << ask_.retries() << "}" << std::endl;
  }

 private:
  void take_one() {
    auto outcome = ask_.raw().recv_any().value();
    ask_in_flight_ = ask_.raw().in_flight();
    if (!outcome.answer) {
      std::cerr << "demo_producer: a line was dropped: " << outcome.answer.error().message() << '\n';
      ++failed_;
      return;
    }
    publish_.send("words", std::string(outcome.answer->text()), patience).value();
    ++published_;
  }

  void report() {
    if (wye::clock::now() < next_report_) return;
    next_report_ = wye::clock::now() + report_interval;
    std::cout << "{\"done\":" << published_ << "}" << std::endl;
  }

  wye::requester<std::string, wye::message> ask_;
  wye::publisher<std::string> publish_;
  std::uint64_t sent_ = 0, published_ = 0, failed_ = 0;
  std::size_t ask_in_flight_ = 0;
  wye::time_point next_report_{};
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: demo_producer QUEUE-FRONTEND FORWARDER-FRONTEND LIST-OF-FILES\n";
    return 64;
  }
  try {
    wye::context ctx;
    lines text(read_list(argv[3]));
    producer p(ctx, argv[1], argv[2]);
    p.run(text);
    p.print_ledger();
  } catch (const wye::error& e) {
    std::cerr << "demo_producer: " << e.what() << '\n';
    return wye::exit_status(e.which());
  }
}
