#include "large_blocks.hpp"

#include <array>
#include <bit>
#include <cstdint>
#include <mutex>
#include <new>

namespace wye::detail {
namespace {

constexpr std::size_t kept_bytes = std::size_t{16} << 20;
constexpr std::size_t steps = 4;  // between two powers of two
constexpr int looks = 200;        // at the lock

constexpr std::size_t index_of(std::size_t size) noexcept {
  const auto octave = static_cast<std::size_t>(std::bit_width((size - 1) / large_blocks::least));  // 0: least itself
  if (octave == 0) return 0;
  const std::size_t step = (large_blocks::least << (octave - 1)) / steps;
  return (octave - 1) * steps + (size - (large_blocks::least << (octave - 1)) + step - 1) / step;
}
constexpr std::size_t capacity_at(std::size_t index) noexcept {
  const std::size_t octave = index / steps;
  return (large_blocks::least << octave) + (index % steps) * ((large_blocks::least << octave) / steps);
}
constexpr std::size_t kinds = index_of(large_blocks::most) + 1;
static_assert(capacity_at(0) == large_blocks::least && capacity_at(kinds - 1) == large_blocks::most);
static_assert(capacity_at(index_of(65'600)) == 81'920 && capacity_at(index_of(81'920)) == 81'920);

// A free block begins with its place in a stack.
struct spare {
  spare* next;
};

struct stack {
  spare* top = nullptr;
  std::uint64_t used = 0;  // when it was last pushed or popped
};

class warehouse {
 public:
  // Never destroyed: a thread may end after all else.
  static warehouse& only() {
    static warehouse* const it = new warehouse;
    return *it;
  }

  void* pop(std::size_t index) noexcept {
    const auto lock = enter();
    stack& from = stacks_[index];
    from.used = ++now_;
    spare* const s = from.top;
    if (s == nullptr) return nullptr;
    from.top = s->next;
    bytes_ -= capacity_at(index);
    return s;
  }

  // What nobody asks for any more makes room.
  void push(void* block, std::size_t index) noexcept {
    const auto lock = enter();
    stack& to = stacks_[index];
    to.used = ++now_;
    while (bytes_ + capacity_at(index) > kept_bytes) drop_oldest();
    to.top = new (block) spare{to.top};
    bytes_ += capacity_at(index);
  }

 private:
  // Who holds it will not for long, while to sleep and be woken takes longer than to copy a body.
  std::unique_lock<std::mutex> enter() noexcept {
    std::unique_lock lock(mutex_, std::try_to_lock);
    for (int i = 0; i < looks && !lock.owns_lock(); ++i) lock.try_lock();
    if (!lock.owns_lock()) lock.lock();
    return lock;
  }

  void drop_oldest() noexcept {
    std::size_t oldest = kinds;
    for (std::size_t i = 0; i < kinds; ++i)
      if (stacks_[i].top != nullptr && (oldest == kinds || stacks_[i].used < stacks_[oldest].used)) oldest = i;
    spare* const s = stacks_[oldest].top;
    stacks_[oldest].top = s->next;
    bytes_ -= capacity_at(oldest);
    ::operator delete(s);
  }

  std::mutex mutex_;
  std::array<stack, kinds> stacks_{};
  std::size_t bytes_ = 0;
  std::uint64_t now_ = 0;
};

}  // namespace

std::size_t large_blocks::capacity_for(std::size_t size) noexcept { return capacity_at(index_of(size)); }

void* large_blocks::take(std::size_t capacity) noexcept { return warehouse::only().pop(index_of(capacity)); }

void large_blocks::give(void* block, std::size_t capacity) noexcept {
  warehouse::only().push(block, index_of(capacity));
}

}  // namespace wye::detail
