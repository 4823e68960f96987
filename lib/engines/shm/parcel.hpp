// parcel: a message as it goes into rings: small bodies as bytes, large ones already in the arena.
#pragma once

#include <vector>

#include <wye/message.hpp>

#include "arena.hpp"

namespace wye::shm {

struct part {
  bytes_view body;
  arena::chunk where = arena::none;
};

/// For one thread; reused. While it is packed it has a share in the blocks that it names.
class parcel {
 public:
  explicit parcel(std::shared_ptr<arena> from) : arena_(std::move(from)) {}
  parcel(const parcel&) = delete;
  parcel& operator=(const parcel&) = delete;
  ~parcel() { clear(); }

  /// The frames of `m` from `first` on; bodies above `limit` go into the arena, unless they are loans of it. False if
  /// that has no room.
  bool pack(message& m, std::size_t first, std::size_t limit);
  void clear() noexcept;

  [[nodiscard]] const std::vector<part>& parts() const noexcept { return parts_; }
  /// What it takes in a ring, and in the arena.
  [[nodiscard]] std::size_t ring_bytes() const noexcept { return ring_bytes_; }
  [[nodiscard]] std::size_t arena_bytes() const noexcept { return arena_bytes_; }
  [[nodiscard]] std::size_t chunks() const noexcept { return chunks_; }
  [[nodiscard]] arena& from() const noexcept { return *arena_; }

 private:
  arena::chunk place(frame& f);

  std::shared_ptr<arena> arena_;
  std::vector<part> parts_;
  std::size_t ring_bytes_ = 0, arena_bytes_ = 0, chunks_ = 0;
};

}  // namespace wye::shm
