// A segment file of any bytes: opened for reading, then for writing; nothing crashes, and what is read the first time
// is read again after the store has repaired what it had to.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include <wye/error.hpp>

#include "lib/stores/disk/disk_store.hpp"
#include "lib/stores/disk/format.hpp"
#include "tests/support/simulated_disk.hpp"

namespace {

// As the text of all records, and whether they can be read.
std::string contents(wye::store& s) {
  std::string all;
  for (const std::string& name : s.names()) {
    const auto l = s.open(name).value();
    std::vector<wye::record> records;
    for (wye::sequence at = 0; at < l->bounds().next; records.clear()) {
      const auto next = l->read(at, {}, records).value();
      if (next <= at) std::abort();
      at = next;
      for (const wye::record& r : records)
        all.append(name).append(std::to_string(r.number)).append(r.head.text()).append("=").append(r.body.text()) +=
            '\n';
    }
  }
  return all;
}

std::string open_and_read(wye::test::simulated_disk& disk, bool read_only) {
  const wye::disk_store_options options{
      .directory = "/s", .max_record = 1 << 20, .segment_bytes = 1 << 16, .reserve_bytes = 0, .read_only = read_only};
  try {
    return contents(*wye::disk::make_disk_store(options, disk, false));
  } catch (const wye::error& why) {
    return std::string("refused: ") + why.what();
  }
}

constexpr std::uint64_t salt = 1;

// Reads numbers off the input.
class input {
 public:
  input(const std::uint8_t* data, std::size_t size) : at_(data), left_(size) {}
  [[nodiscard]] bool empty() const { return left_ == 0; }
  std::uint64_t take(std::size_t bytes) {
    std::uint64_t n = 0;
    for (; bytes != 0 && left_ != 0; --bytes, --left_) n = n << 8 | *at_++;
    return n;
  }

 private:
  const std::uint8_t* at_;
  std::size_t left_;
};

// Records with good checksums, in any order, with any numbers, and any bytes between them.
std::vector<std::byte> segment_of(input in) {
  const auto header = wye::disk::bytes_of({.ordinal = 1, .first = 1, .salt = salt, .name = "log"});
  std::vector<std::byte> bytes(header.begin(), header.end());
  wye::disk::record_writer to(bytes, wye::disk::seed_of(salt));
  wye::sequence number = 1;
  while (!in.empty()) {
    const std::uint64_t what = in.take(1);
    const std::string body(what >> 4, 'x');
    switch (what % 8) {
      case 0: to.mark(number, in.take(2)); break;
      case 1: to.seal(number); break;
      case 2: to.erase(number, std::vector<wye::disk::range>{{.from = in.take(1), .count = in.take(1)}}); break;
      case 3: to.erase(number, std::vector<wye::disk::range>{{.from = in.take(8), .count = in.take(8)}}); break;
      case 4: bytes.push_back(static_cast<std::byte>(in.take(1))); break;
      case 5: number = in.take(8); break;
      default: to.entry(number++, {.head = wye::as_bytes("h"), .body = wye::as_bytes(body)}, what % 8 == 6);
    }
  }
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto* const start = reinterpret_cast<const std::byte*>(data);
  const auto line = wye::as_bytes(wye::disk::format_line);
  const bool raw = size != 0 && data[0] == 0xFF;
  const std::vector<std::byte> segment =
      raw ? std::vector<std::byte>(start + 1, start + size) : segment_of({data, size});
  wye::test::simulated_disk disk;
  disk.restore({{"/", {}},
                {"/s/", {}},
                {"/s/logs/", {}},
                {"/s/logs/log/", {}},
                {"/s/format", {line.begin(), line.end()}},
                {"/s/logs/log/0000000001.segment", segment}});
  const std::string first = open_and_read(disk, true);
  const std::string second = open_and_read(disk, false);
  if (first != second && !second.starts_with("refused")) std::abort();
  if (open_and_read(disk, true) != second) std::abort();
  return 0;
}
