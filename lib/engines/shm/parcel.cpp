#include "parcel.hpp"

#include <cstring>

namespace wye::shm {

// A block with one more user: ours.
arena::chunk parcel::place(frame& f) {
  arena::chunk c = arena_->loaned(f);
  if (c != arena::none) {
    arena_->share(c);
    return c;
  }
  c = arena_->take(f.size());
  if (c != arena::none) std::memcpy(arena_->at(c), f.data(), f.size());
  return c;
}

bool parcel::pack(message& m, std::size_t first, std::size_t limit) {
  clear();
  for (std::size_t i = first; i < m.size(); ++i) {
    frame& f = m[i];
    part p{f.bytes()};
    if (f.size() > limit) {
      p.where = place(f);
      if (p.where == arena::none) return clear(), false;
      arena_bytes_ += arena_->size(p.where);
      ++chunks_;
    }
    ring_bytes_ += sizeof(record) + (p.where == arena::none ? padded(f.size()) : sizeof(reference));
    parts_.push_back(p);
  }
  return true;
}

void parcel::clear() noexcept {
  for (const part& p : parts_)
    if (p.where != arena::none) arena_->release(p.where);
  parts_.clear();
  ring_bytes_ = arena_bytes_ = chunks_ = 0;
}

}  // namespace wye::shm
