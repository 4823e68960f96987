// body_arena: copies of small bodies, many in one block.
#pragma once

#include <cstring>
#include <memory>

#include <wye/queue_protocol.hpp>

namespace wye::devices {

/// A small frame may keep alive a much larger buffer, in which it came. What stays in memory for a while is copied
/// here: bodies that come together go together, and a block goes with the last of them.
class body_arena {
 public:
  /// Whatever may have come packed with others; larger ones are shared as they are.
  static constexpr std::size_t small = queue_protocol::max_packed;

  frame keep(const frame& f) {
    if (f.size() > small) return f;
    if (f.size() <= frame::store_size) return frame::copy_of(f.bytes());
    if (used_ + f.size() > block_size) block_ = std::make_shared<std::byte[]>(block_size), used_ = 0;
    std::byte* const to = block_.get() + used_;
    std::memcpy(to, f.data(), f.size());
    used_ += f.size();
    return frame::of(block_, {to, f.size()});
  }

 private:
  static constexpr std::size_t block_size = std::size_t{32} << 10;
  std::shared_ptr<std::byte[]> block_;
  std::size_t used_ = block_size;
};

}  // namespace wye::devices
