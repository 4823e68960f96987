// marks: named cursors over the partitions of a stream.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <wye/cursors.hpp>

namespace wye::devices::logs {

/// Whose cursor.
struct mark_name {
  bool group = false;
  std::string stream;
  std::string name;
  friend bool operator==(const mark_name&, const mark_name&) = default;
  friend bool operator<(const mark_name& a, const mark_name& b) {
    return std::tie(a.group, a.stream, a.name) < std::tie(b.group, b.stream, b.name);
  }
};

/// What is acknowledged: the next sequence in each partition.
struct mark {
  std::vector<sequence> next;
  std::uint64_t generation = 0;  ///< of a group
};

class marks {
 public:
  static constexpr std::size_t most = 65536;

  /// Throws what wye::cursors throws.
  explicit marks(store& in) : kept_(in.open("cursors").value()) {}

  [[nodiscard]] std::optional<mark> get(const mark_name& of) const;
  /// Errors: limit, and those of wye::cursors.
  result<void> set(const mark_name& of, const mark& to);
  result<void> remove(const mark_name& of);
  /// All of a stream.
  [[nodiscard]] std::vector<mark_name> of_stream(std::string_view stream) const;

 private:
  cursors kept_;
};

}  // namespace wye::devices::logs
