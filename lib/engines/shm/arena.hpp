// arena: where a socket keeps the large bodies that it sends, once for all who are to read them.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include <wye/frame.hpp>

#include "layout.hpp"
#include "region.hpp"

namespace wye::shm {

/// A socket's station: the page that tells whether it sleeps, and behind it memory for bodies, handed out in blocks of
/// a power of two. Who uses a block is counted in private memory: no reader can spoil it. Pages that were never used
/// cost nothing. Any thread.
class arena : public std::enable_shared_from_this<arena> {
 public:
  using chunk = std::uint32_t;
  static constexpr chunk none = 0xffff'ffff;

  /// `bytes` for bodies, 0 or a power of two. Throws error{limit}.
  explicit arena(std::size_t bytes);

  /// A block with one user, or none.
  chunk take(std::size_t bytes);
  void share(chunk c) noexcept { users_[c].fetch_add(1, std::memory_order_relaxed); }
  void release(chunk c) noexcept;

  [[nodiscard]] std::byte* at(chunk c) const noexcept { return memory_.data() + offset(c); }
  /// From the beginning of the memory that is shared.
  [[nodiscard]] std::size_t offset(chunk c) const noexcept { return page + (std::size_t{c} << unit_bits_); }
  [[nodiscard]] std::size_t size(chunk c) const noexcept { return std::size_t{1} << (unit_bits_ + orders_[c]); }

  /// A frame to be filled in place; empty if there is no room.
  std::optional<frame> loan(std::size_t bytes);
  /// The block that `f` shows from its beginning, if it is a loan of this arena.
  [[nodiscard]] chunk loaned(frame& f) const noexcept;

  [[nodiscard]] station_page& sleep() const noexcept { return *reinterpret_cast<station_page*>(memory_.data()); }
  [[nodiscard]] int fd() const noexcept { return fd_.get(); }
  [[nodiscard]] std::size_t shared_size() const noexcept { return page + bytes_; }

 private:
  void put_back(chunk c, unsigned order);

  const std::size_t bytes_;
  unsigned unit_bits_ = 10;
  descriptor fd_;
  region memory_;
  std::mutex mutex_;
  std::vector<std::vector<chunk>> free_;  // by order; the last one freed is warm, and first
  std::unique_ptr<std::atomic<std::uint32_t>[]> users_;
  std::unique_ptr<std::uint8_t[]> orders_;      // of a block, at its first unit
  std::unique_ptr<std::uint32_t[]> positions_;  // of a free block in its list, plus 1; 0: not free
};

}  // namespace wye::shm
