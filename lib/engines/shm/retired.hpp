// retired: blocks whose link has ended while the other side still read them.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "arena.hpp"
#include "joint.hpp"

namespace wye::shm {

/// A block in the arena that a reader has not released: by which use of which slot it will.
struct pinned {
  arena::chunk what;
  std::uint32_t use;
  std::uint16_t slot;
  std::uint64_t at = 0;  ///< where its message stands in the ring
};

/// Keeps such blocks of one arena until they are released, or their reader is gone with all that it had. Any thread.
class retired {
 public:
  explicit retired(std::shared_ptr<arena> of) : arena_(std::move(of)) {}
  retired(const retired&) = delete;
  retired& operator=(const retired&) = delete;

  void add(std::shared_ptr<joint> with, std::vector<pinned> what);
  /// Gives back what is no longer read.
  void look();

 private:
  struct batch {
    std::shared_ptr<joint> with;
    std::vector<pinned> what;
  };
  const std::shared_ptr<arena> arena_;
  std::mutex mutex_;
  std::vector<batch> batches_;
};

}  // namespace wye::shm
