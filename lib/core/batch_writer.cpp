#include "batch_writer.hpp"

#include <algorithm>

#include "batch_format.hpp"

namespace wye::detail {
const frame::holder batch_writer::by_block{
    [](std::byte* to, const std::byte* from) {
      block_in(from)->shares.fetch_add(1, std::memory_order_relaxed);
      std::memcpy(to, from, sizeof(block*));
    },
    [](std::byte* store) noexcept { drop(block_in(store)); },
};

batch_writer::block* batch_writer::block_in(const std::byte* store) noexcept {
  block* b = nullptr;
  std::memcpy(&b, store, sizeof b);
  return b;
}

void batch_writer::drop(block* b) noexcept {
  if (b->shares.fetch_sub(1, std::memory_order_acq_rel) == 1) delete b;
}

batch_writer::~batch_writer() {
  clear(true);
  for (block* b : used_) drop(b);
}

// The oldest that nobody has any more, or a new one.
batch_writer::block* batch_writer::unshared() {
  const auto is_free = [](const block* b) { return b->shares.load(std::memory_order_acquire) == 1; };
  const auto at = std::find_if(used_.begin(), used_.end(), is_free);
  if (at != used_.end()) {
    block* const b = *at;
    used_.erase(at);
    return b;
  }
  auto made = std::make_unique<block>();
  made->bytes = std::make_unique_for_overwrite<std::byte[]>(max_bytes_);
  return made.release();
}

void batch_writer::begin() {
  if (!lengths_) lengths_ = std::make_unique_for_overwrite<std::byte[]>(max_bytes_);
  if (block_ == nullptr) block_ = unshared();
  data_ = block_->bytes.get();
}

inline void batch_writer::put(bytes_view body, std::uint32_t more) noexcept {
  if (!body.empty()) std::memcpy(data_ + end_, body.data(), body.size());
  end_ += body.size();
  batch::store(lengths_.get() + frames_ * batch::length_size, static_cast<std::uint32_t>(body.size()) | more);
  ++frames_;
}

void batch_writer::add(bytes_view body) {
  if (messages_ == 0) begin();
  put(body, 0);
  ++messages_;
}

void batch_writer::add(const message& m, std::size_t from) {
  if (messages_ == 0) begin();
  for (std::size_t i = from; i < m.size(); ++i) put(m[i].bytes(), i + 1 < m.size() ? batch::more_follow : 0);
  ++messages_;
}

frame batch_writer::finished() noexcept {
  std::memcpy(data_, batch::marker.data(), batch::marker.size());
  batch::store(data_ + batch::version_at, batch::version);
  batch::store(data_ + batch::messages_at, static_cast<std::uint32_t>(messages_));
  batch::store(data_ + batch::frames_at, static_cast<std::uint32_t>(frames_));
  std::memcpy(data_ + end_, lengths_.get(), frames_ * batch::length_size);
  return frame::hold(by_block, [&](std::byte* to) {
    block_->shares.fetch_add(1, std::memory_order_relaxed);
    std::memcpy(to, &block_, sizeof block_);
    return bytes();
  });
}

void batch_writer::clear(bool kept) noexcept {
  messages_ = frames_ = 0;
  end_ = batch::head_size;
  if (!kept || block_ == nullptr) return;
  if (used_.size() < max_kept_) used_.push_back(block_);
  else drop(block_);
  block_ = nullptr;
}

}  // namespace wye::detail
