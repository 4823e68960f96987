// block_pool: memory for the bodies of messages, which one thread fills and another lets go of.
#pragma once

#include <cstddef>

namespace wye::detail {

/// The heap's own free lists are for memory that comes back on the thread that took it: where it does not, both threads
/// meet at a lock for each message. Here blocks go back to their first thread without one, some at a time, and are used
/// again there. Of each size a thread keeps at most about 1 MiB. From 8 KiB to 4 MiB whoever comes next uses it again,
/// and the process keeps at most 16 MiB.
class block_pool {
 public:
  static constexpr std::size_t largest = 8192 + 32;  ///< of a thread's blocks

  /// At least `size` bytes, aligned as for any object. Throws std::bad_alloc.
  static void* take(std::size_t size);
  /// Any thread, also one that is ending.
  static void give(void* block) noexcept;
};

}  // namespace wye::detail
