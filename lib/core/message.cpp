#include <wye/message.hpp>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>

#include <wye/detail/block_pool.hpp>

namespace wye {
namespace {

// Holder 1: the bytes are in the store itself.
const frame::holder inline_holder{
    [](std::byte* to, const std::byte* from) { std::memcpy(to, from, frame::store_size); },
    [](std::byte*) noexcept {},
};

// Holder 2: the store holds a pointer to a reference-counted heap block, the bytes behind its head.
struct block {
  std::atomic<std::size_t> shares{1};
};

block* block_in(const std::byte* store) noexcept {
  block* b = nullptr;
  std::memcpy(&b, store, sizeof b);
  return b;
}

const frame::holder block_holder{
    [](std::byte* to, const std::byte* from) {
      block_in(from)->shares.fetch_add(1, std::memory_order_relaxed);
      std::memcpy(to, from, sizeof(block*));
    },
    [](std::byte* store) noexcept {
      block* b = block_in(store);
      // The only one need not lock a line that another processor filled.
      const bool last =
          b->shares.load(std::memory_order_acquire) == 1 || b->shares.fetch_sub(1, std::memory_order_acq_rel) == 1;
      if (last) detail::block_pool::give(b);
    },
};

// Holder 3: the store holds a shared_ptr.
using owner = std::shared_ptr<const void>;
static_assert(sizeof(owner) <= frame::store_size);

const frame::holder owner_holder{
    [](std::byte* to, const std::byte* from) { new (to) owner(*std::launder(reinterpret_cast<const owner*>(from))); },
    [](std::byte* store) noexcept { std::launder(reinterpret_cast<owner*>(store))->~owner(); },
};

}  // namespace

frame frame::make(std::size_t size) {
  if (size <= store_size) return hold(inline_holder, [&](std::byte* store) { return bytes_view(store, size); });
  auto* b = new (detail::block_pool::take(sizeof(block) + size)) block;
  return hold(block_holder, [&](std::byte* store) {
    std::memcpy(store, &b, sizeof b);
    return bytes_view(reinterpret_cast<std::byte*>(b + 1), size);
  });
}

frame frame::copy_of(bytes_view bytes) {
  frame f = make(bytes.size());
  if (!bytes.empty()) std::memcpy(f.writable().data(), bytes.data(), bytes.size());
  return f;
}

frame frame::of(std::shared_ptr<const void> held, bytes_view bytes) {
  return hold(owner_holder, [&](std::byte* store) {
    new (store) owner(std::move(held));
    return bytes;
  });
}

void message::push_front(frame f) {
  if (size_ >= near) rest_.insert(rest_.begin(), std::move(near_[1]));
  near_[1] = std::move(near_[0]);
  near_[0] = std::move(f);
  ++size_;
}

frame message::pop_front() {
  frame out = std::move(near_[0]);
  drop_front(1);
  return out;
}

void message::drop_front(std::size_t count) noexcept {
  for (std::size_t i = count; i < size_; ++i) (*this)[i - count] = std::move((*this)[i]);
  truncate(size_ - count);
}

void message::truncate(std::size_t count) noexcept {
  if (size_ > near) rest_.resize(std::max(count, near) - near);
  for (std::size_t i = count; i < near; ++i) near_[i] = frame();
  size_ = count;
}

}  // namespace wye
