// wye_store_bench [DIRECTORY [append|replay]]: the disk store beside a raw file: the same bytes, checksummed, written
// and fdatasync'd, A and B in turn. Then replay and recovery. Prints a table.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include <wye/crc32c.hpp>
#include <wye/store.hpp>

namespace wye::bench {
namespace {

using clock = std::chrono::steady_clock;
constexpr int pairs = 5;
constexpr double seconds_each = 0.4;

double since(clock::time_point start) { return std::chrono::duration<double>(clock::now() - start).count(); }

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// Calls `batch`, which makes `n` records durable, for a while; returns records per second.
template <class Batch>
double rate_of(std::size_t n, Batch batch) {
  batch();
  std::size_t records = 0;
  const auto start = clock::now();
  for (; since(start) < seconds_each; records += n) batch();
  return static_cast<double>(records) / since(start);
}

class bench {
 public:
  explicit bench(std::string directory) : directory_(std::move(directory)) {}

  void run(const std::string& part) {
    if (part != "replay") append_all();
    if (part != "append") replay_and_recover();
  }

 private:
  void append_all() {
    std::printf("append + fdatasync, records/s                store        raw file   ratio [pairs' range]\n");
    for (const std::size_t size : {std::size_t{256}, std::size_t{1024}})
      for (const std::size_t n : {std::size_t{1}, std::size_t{10}, std::size_t{100}, std::size_t{1000}})
        compare(size, n);
  }

  void compare(std::size_t size, std::size_t n) {
    std::vector<double> ours, theirs, ratios;
    for (int pair = 0; pair < pairs; ++pair) {
      for (const bool own : {pair % 2 == 0, pair % 2 != 0})
        (own ? ours : theirs).push_back(own ? append(size, n) : raw(size, n));
      ratios.push_back(ours.back() / theirs.back());
    }
    std::printf("%5zu B, %4zu per flush %21.0f %15.0f %7.2f [%.2f … %.2f]\n", size, n, median(ours), median(theirs),
                median(ratios), *std::min_element(ratios.begin(), ratios.end()),
                *std::max_element(ratios.begin(), ratios.end()));
    std::fflush(stdout);
  }

  double append(std::size_t size, std::size_t n) {
    const std::string body(size, 'x');
    const std::vector<entry> batch(n, {.head = {}, .body = as_bytes(body)});
    const std::string path = directory_ + "/store";
    double rate = 0;
    {
      const auto s = make_disk_store({.directory = path});
      const auto l = s->open("log").value();
      rate = rate_of(n, [&] {
        l->append(batch).value();
        s->sync().value();
      });
    }
    std::filesystem::remove_all(path);
    return rate;
  }

  // A plain file that grows: a header of 16 bytes with length and checksum, then the body.
  double raw(std::size_t size, std::size_t n) {
    const std::string body(size, 'x'), path = directory_ + "/raw";
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    if (fd < 0) std::abort();
    std::vector<std::byte> buffer(n * (size + 16));
    off_t end = 0;
    const double rate = rate_of(n, [&] {
      std::byte* to = buffer.data();
      for (std::size_t i = 0; i < n; ++i, to += size + 16) {
        std::memcpy(to + 16, body.data(), size);
        std::memcpy(to, &size, 8);
        const std::uint32_t crc = crc32c(0, {to + 16, size});
        std::memcpy(to + 8, &crc, 4);
      }
      if (::pwrite(fd, buffer.data(), buffer.size(), end) != static_cast<ssize_t>(buffer.size())) std::abort();
      end += static_cast<off_t>(buffer.size());
      if (::fdatasync(fd) != 0) std::abort();
    });
    ::close(fd);
    ::unlink(path.c_str());
    return rate;
  }

  void replay_and_recover() {
    const std::string path = directory_ + "/store", body(256, 'x');
    const std::vector<entry> batch(1000, {.head = {}, .body = as_bytes(body)});
    constexpr int batches = 3500;  // about 1 GiB
    {
      const auto s = make_disk_store({.directory = path});
      const auto l = s->open("log").value();
      for (int i = 0; i < batches; ++i) l->append(batch).value();
      std::vector<double> rates;
      for (int i = 0; i < 3; ++i) rates.push_back(replay(*l));
      std::printf("replay from the page cache, 256 B: %.1f million records/s\n", median(rates) / 1e6);
    }
    std::vector<double> times;
    std::uint64_t bytes = 0;
    for (int i = 0; i < 3; ++i) {
      const auto start = clock::now();
      const auto s = make_disk_store({.directory = path});
      times.push_back(since(start));
      bytes = s->recovery().bytes_read;
    }
    std::printf("recovery from the page cache: %.2f s for each GiB\n",
                median(times) * static_cast<double>(std::uint64_t{1} << 30) / static_cast<double>(bytes));
    std::filesystem::remove_all(path);
  }

  static double replay(log& l) {
    std::vector<record> records;
    std::size_t count = 0;
    const auto start = clock::now();
    for (sequence at = 1; at < l.bounds().next; records.clear()) {
      at = l.read(at, {.records = 1024}, records).value();
      count += records.size();
    }
    return static_cast<double>(count) / since(start);
  }

  const std::string directory_;
};

}  // namespace
}  // namespace wye::bench

int main(int argc, char** argv) {
  std::string directory = std::string(argc > 1 ? argv[1] : ".") + "/wye-store-bench-XXXXXX";
  if (::mkdtemp(directory.data()) == nullptr) return std::perror(directory.c_str()), 73;
  wye::bench::bench(directory).run(argc > 2 ? argv[2] : "");
  std::filesystem::remove_all(directory);
}
