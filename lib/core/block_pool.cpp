#include <wye/detail/block_pool.hpp>
#include <wye/detail/prefetch.hpp>

#if __has_include(<sanitizer/asan_interface.h>)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(begin, size)
#define ASAN_UNPOISON_MEMORY_REGION(begin, size)
#endif

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

#include "large_blocks.hpp"

namespace wye::detail {
namespace {

// Powers of two, and the head of a frame, so that a body of 1 KiB needs no block of 2 KiB.
constexpr std::size_t smallest = 128, sizes = 7, head = 32;
constexpr std::size_t capacity_of(std::size_t index) noexcept { return (smallest << index) + head; }
static_assert(capacity_of(sizes - 1) == block_pool::largest);
constexpr std::size_t kept_bytes = std::size_t{512} << 10;  // of a size, at home and on its way there

struct home;

// In front of each block; a free one is in a list.
struct alignas(std::max_align_t) block {
  home* of;          // null: of no thread
  std::size_t size;  // a thread's: its index; else what is kept, this head included, or 0 if it is the heap's
  block* next;
  block* later;  // one that is further down the list, to be fetched meanwhile; it may be gone
};

class shelf {
 public:
  // The home's thread.
  block* pop() noexcept {
    if (near_ == nullptr) {
      near_ = returned_.exchange(nullptr, std::memory_order_acquire);
      near_count_ = returned_count_.exchange(0, std::memory_order_relaxed);
    }
    block* const b = near_;
    if (b == nullptr) return nullptr;
    prefetch_to_write(b->later);
    near_ = b->next;
    near_count_ -= std::min<std::size_t>(near_count_, 1);
    return b;
  }
  bool push(block* b, std::size_t most) noexcept {
    if (near_count_ >= most) return false;
    b->next = near_, near_ = b, ++near_count_;
    return true;
  }

  // Other threads: a list of so many. Two threads may count as one: it is a bound, not an account.
  bool push_back(block* first, block* last, std::size_t more, std::size_t most) noexcept {
    const std::size_t count = returned_count_.load(std::memory_order_relaxed);
    if (count >= most) return false;
    returned_count_.store(count + more, std::memory_order_relaxed);
    last->next = returned_.load(std::memory_order_relaxed);
    while (!returned_.compare_exchange_weak(last->next, first, std::memory_order_release, std::memory_order_relaxed)) {
    }
    return true;
  }

 private:
  block* near_ = nullptr;
  std::size_t near_count_ = 0;
  alignas(64) std::atomic<block*> returned_{nullptr};
  std::atomic<std::size_t> returned_count_{0};
};

// A thread's shelves. They outlive it, as its blocks may come back at any time, and go over to the next new thread.
struct home {
  std::array<shelf, sizes> shelves;
};

class homes {
 public:
  // Never destroyed: a thread may end after all else.
  static homes& all() {
    static homes* const only = new homes;
    return *only;
  }
  home* move_in() {
    const std::lock_guard lock(mutex_);
    if (empty_.empty()) {
      empty_.reserve(++built_);
      return new home;
    }
    home* const h = empty_.back();
    empty_.pop_back();
    return h;
  }
  void move_out(home* h) noexcept {
    const std::lock_guard lock(mutex_);
    empty_.push_back(h);
  }

 private:
  std::mutex mutex_;
  std::vector<home*> empty_;
  std::size_t built_ = 0;
};

std::size_t most_kept(std::size_t index) noexcept { return kept_bytes / capacity_of(index); }

// Blocks of one size on their way home, some at a time: the way is long, and a block knows by then which others its
// home will want soon after it.
class parcel {
 public:
  void add(block* b, std::size_t most) noexcept {
    if (b->of != to_) send();
    to_ = b->of;
    block*& before = latest_[count_ % latest_.size()];
    b->next = first_;
    b->later = std::exchange(before, b);
    if (first_ == nullptr) last_ = b;
    first_ = b;
    if (++count_ >= most) send();
  }
  void send() noexcept {
    if (first_ == nullptr) return;
    const std::size_t index = first_->size;
    last_->next = nullptr;
    if (!to_->shelves[index].push_back(first_, last_, std::exchange(count_, 0), most_kept(index)))
      while (first_ != nullptr) ::operator delete(std::exchange(first_, first_->next));
    first_ = nullptr;
  }

 private:
  home* to_ = nullptr;
  block* first_ = nullptr;
  block* last_ = nullptr;
  std::size_t count_ = 0;
  std::array<block*, 4> latest_{};
};

thread_local home* mine = nullptr;
thread_local constinit std::array<parcel, sizes> parcels{};
thread_local bool ending = false;

struct departure {
  departure() = default;
  departure(const departure&) = delete;
  departure& operator=(const departure&) = delete;
  ~departure() {
    for (parcel& p : parcels) p.send();
    if (mine != nullptr) homes::all().move_out(std::exchange(mine, nullptr));
    ending = true;
  }
};

void prepare_departure() { static const thread_local departure at_the_end; }

home* home_of_this_thread() {
  if (mine == nullptr && !ending) {
    prepare_departure();
    mine = homes::all().move_in();
  }
  return mine;
}

void send_home(block* b) noexcept {
  constexpr std::size_t at_once = 16;
  if (!ending) prepare_departure();
  parcels[b->size].add(b, ending ? 1 : at_once);
}

std::size_t index_of(std::size_t size) noexcept {
  return size <= capacity_of(0) ? 0 : static_cast<std::size_t>(std::bit_width((size - head - 1) / smallest));
}

block* from_heap(std::size_t whole, home* of, std::size_t size) {
  return new (::operator new(whole)) block{of, size, nullptr, nullptr};
}

block* of_no_thread(std::size_t size) {
  std::size_t whole = sizeof(block) + size;
  if (whole < large_blocks::least || whole > large_blocks::most) return from_heap(whole, nullptr, 0);
  whole = large_blocks::capacity_for(whole);
  void* const kept = large_blocks::take(whole);
  if (kept == nullptr) return from_heap(whole, nullptr, whole);
  ASAN_UNPOISON_MEMORY_REGION(kept, whole);
  return new (kept) block{nullptr, whole, nullptr, nullptr};
}

void give_of_no_thread(block* b) noexcept {
  const std::size_t whole = b->size;
  if (whole == 0) return ::operator delete(b);
  ASAN_POISON_MEMORY_REGION(b + 1, whole - sizeof(block));
  large_blocks::give(b, whole);
}

}  // namespace

void* block_pool::take(std::size_t size) {
  home* const h = size <= largest ? home_of_this_thread() : nullptr;
  if (h == nullptr) return of_no_thread(size) + 1;
  const std::size_t index = index_of(size);
  block* const b = h->shelves[index].pop();
  if (b == nullptr) return from_heap(sizeof(block) + capacity_of(index), h, index) + 1;
  ASAN_UNPOISON_MEMORY_REGION(b + 1, capacity_of(index));
  return b + 1;
}

void block_pool::give(void* memory) noexcept {
  block* const b = static_cast<block*>(memory) - 1;
  if (b->of == nullptr) return give_of_no_thread(b);
  ASAN_POISON_MEMORY_REGION(memory, capacity_of(b->size));  // so that its use after this is found all the same
  if (b->of != mine) send_home(b);
  else if (!mine->shelves[b->size].push(b, most_kept(b->size))) ::operator delete(b);
}

}  // namespace wye::detail
