// large_blocks: memory of large bodies that was let go of, to be used again by whoever comes next.
#pragma once

#include <cstddef>

namespace wye::detail {

/// A heap that gives large memory back to the system takes it anew, page by page, which costs more than to copy a body
/// into it. So up to 16 MiB are kept for the process. Any thread.
class large_blocks {
 public:
  static constexpr std::size_t least = std::size_t{8} << 10, most = std::size_t{4} << 20;  ///< others are the heap's

  /// How large a block for `size` bytes is: at most a quarter more. Precondition: least <= size <= most.
  [[nodiscard]] static std::size_t capacity_for(std::size_t size) noexcept;
  /// A block of this capacity, or null if none is kept.
  static void* take(std::size_t capacity) noexcept;
  /// Back from whoever took it from the heap or from here.
  static void give(void* block, std::size_t capacity) noexcept;
};

}  // namespace wye::detail
