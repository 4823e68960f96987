// region: memory that two processes share and only one of them can write.
#pragma once

#include <cstddef>
#include <optional>

#include "descriptor.hpp"

namespace wye::shm {

/// A mapping of a sealed memfd: it can neither shrink (which would kill its readers) nor be mapped writable a second
/// time. Its last `mirrored` bytes appear twice in a row, so that what wraps around is contiguous all the same.
class region {
 public:
  region() noexcept = default;
  region(region&& other) noexcept;
  region& operator=(region&& other) noexcept;
  region(const region&) = delete;
  region& operator=(const region&) = delete;
  ~region();

  /// New memory, writable here alone; `fd` is for passing it on. Sizes are multiples of a page. Throws error{limit}.
  static region make(std::size_t size, std::size_t mirrored, descriptor& fd);
  /// Memory that somebody else made, read-only. Empty unless it is sealed and has exactly that size.
  static std::optional<region> open(int fd, std::size_t size, std::size_t mirrored);

  [[nodiscard]] std::byte* data() const noexcept { return data_; }

 private:
  static std::byte* map(int fd, std::size_t size, std::size_t mirrored, int protection) noexcept;

  std::byte* data_ = nullptr;
  std::size_t size_ = 0;  // with the mirror
};

}  // namespace wye::shm
