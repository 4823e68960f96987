// Demo, the producer: puts each line of the files into the queue `lines`, many at a time. A line counts when the device
// has confirmed it: then it is on disk. Prints a JSON line now and then, and the ledger at the end.
#include <cstdint>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include <wye/wye.hpp>

namespace {

using namespace std::chrono_literals;

constexpr std::size_t window = 10000;  // lines that may wait for their confirmation
constexpr auto patience = 60s;         // for one line
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

class reporter {
 public:
  void count(const wye::put_outcome& what) {
    what.receipt ? ++confirmed_ : ++failed_;
    if (!what.receipt) std::cerr << "demo_producer: a line was not stored: " << what.receipt.error().message() << '\n';
    if (wye::clock::now() < next_) return;
    next_ = wye::clock::now() + report_interval;
    std::cout << "{\"done\":" << confirmed_ << "}" << std::endl;
  }
  void print_ledger(std::uint64_t sent, const wye::raw_producer& p) const {
    std::cout << "{\"sent\":" << sent << ",\"confirmed\":" << confirmed_ << ",\"failed\":" << failed_
              << ",\"unconfirmed\":" << p.unconfirmed() << ",\"resent\":" << p.resent() << "}" << std::endl;
  }

 private:
  std::uint64_t confirmed_ = 0, failed_ = 0;
  wye::time_point next_{};
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: demo_producer DEVICE LIST-OF-FILES\n";
    return 64;
  }
  try {
    wye::context ctx;
    lines text(read_list(argv[2]));
    reporter report;
    wye::producer<std::string> to(
        ctx, {.connect = argv[1], .queue = "lines", .window = window, .on_outcome = [&](const wye::put_outcome& what) {
                report.count(what);
              }});
    std::uint64_t sent = 0;
    for (std::string line; text.next(line); ++sent) to.send(line, {}, patience).value();
    to.flush(patience).value();
    report.print_ledger(sent, to.raw());
  } catch (const wye::error& e) {
    std::cerr << "demo_producer: " << e.what() << '\n';
    return wye::exit_status(e.which());
  }
}
