#include "block.hpp"

#include <cstring>
#include <new>

#include <wye/detail/block_pool.hpp>

namespace wye::nng {

const frame::holder block::how{
    [](std::byte* to, const std::byte* from) {
      retain(held_in(from));
      std::memcpy(to, from, sizeof(head*));
    },
    [](std::byte* store) noexcept { release(held_in(store)); },
};

block::block(std::size_t size) {
  head_ = new (detail::block_pool::take(sizeof(head) + size)) head;
  head_->size = size;
}

block::head* block::held_in(const std::byte* store) noexcept {
  head* h = nullptr;
  std::memcpy(&h, store, sizeof h);
  return h;
}

void block::release(head* h) noexcept {
  if (h == nullptr) return;
  const bool last = h->owners.load(std::memory_order_acquire) == 1 ||  // then no other processor's line is locked
                    h->owners.fetch_sub(1, std::memory_order_acq_rel) == 1;
  if (!last) return;
  h->~head();
  detail::block_pool::give(h);
}

void block::cut(bytes_view bytes, frame& into) const {
  if (bytes.size() <= frame::store_size) {
    into = frame::copy_of(bytes);
    return;
  }
  retain(head_);
  into.refill(how, [&](std::byte* store) {
    std::memcpy(store, &head_, sizeof head_);
    return bytes;
  });
}

}  // namespace wye::nng
