// The stores that one contract holds for. A kind makes a store, and makes it anew from what the last one left.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <wye/store.hpp>

#include "lib/stores/disk/disk_store.hpp"
#include "support/simulated_disk.hpp"

namespace wye::test {

struct memory_kind {
  static constexpr std::size_t max_record = 1 << 20;
  std::unique_ptr<store> open() { return make_memory_store({.max_record = max_record}); }
};

/// A directory of its own, gone at the end.
class temporary_directory {
 public:
  temporary_directory() {
    std::string name = (std::filesystem::temp_directory_path() / "wye-store-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  temporary_directory(const temporary_directory&) = delete;
  temporary_directory& operator=(const temporary_directory&) = delete;
  ~temporary_directory() { std::filesystem::remove_all(path_); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// A real directory. Opening it again finds what the last store left.
struct disk_kind {
  static constexpr std::size_t max_record = memory_kind::max_record;
  std::unique_ptr<store> open() {
    return make_disk_store({.directory = directory.path() + "/store", .max_record = max_record, .reserve_bytes = 0});
  }
  temporary_directory directory;
};

/// The smallest segments, on a disk that the test holds in its hands.
struct simulated_kind {
  static constexpr std::size_t max_record = memory_kind::max_record;
  simulated_kind() { (void)disk.make_directory(""); }
  std::unique_ptr<store> open() { return disk::make_disk_store(options, disk, false); }
  simulated_disk disk;
  disk_store_options options{
      .directory = "/store", .max_record = max_record, .segment_bytes = 64 << 10, .reserve_bytes = 0};
};

/// All records of a log from `from` on, as `number:head=body`.
inline std::vector<std::string> contents(log& of, sequence from = 1, const read_limits& limits = {}) {
  std::vector<record> records;
  for (sequence at = from, next = 0; at < of.bounds().next; at = next) next = of.read(at, limits, records).value();
  std::vector<std::string> out;
  for (const record& r : records) {
    std::string text = std::to_string(r.number) + ":";
    text.append(r.head.text()).append("=").append(r.body.text());
    out.push_back(std::move(text));
  }
  return out;
}

inline entry entry_of(std::string_view head, std::string_view body, std::int64_t time = 0) {
  return {.head = as_bytes(head), .body = as_bytes(body), .time = time};
}

/// Appends one record.
inline sequence put(log& to, std::string_view head, std::string_view body) {
  const entry one[] = {entry_of(head, body)};
  return to.append(one).value();
}

using texts = std::vector<std::string>;

}  // namespace wye::test
