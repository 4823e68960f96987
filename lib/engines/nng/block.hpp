// block: memory that was received into, shared by the frames that were cut from it.
#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

#include <wye/frame.hpp>

namespace wye::nng {

/// A share in a run of uninitialised bytes. Copies may live on other threads.
class block {
 public:
  block() noexcept = default;
  /// Throws std::bad_alloc.
  explicit block(std::size_t size);
  block(const block& other) noexcept : head_(other.head_) { retain(head_); }
  block(block&& other) noexcept : head_(std::exchange(other.head_, nullptr)) {}
  block& operator=(block other) noexcept {
    std::swap(head_, other.head_);
    return *this;
  }
  ~block() { release(head_); }

  explicit operator bool() const noexcept { return head_ != nullptr; }
  [[nodiscard]] std::byte* data() const noexcept { return reinterpret_cast<std::byte*>(head_ + 1); }
  [[nodiscard]] std::size_t size() const noexcept { return head_ == nullptr ? 0 : head_->size; }
  friend bool operator==(const block& a, const block& b) noexcept { return a.head_ == b.head_; }

  /// `bytes` of this block as a frame: a share, or a copy where that is as cheap.
  void cut(bytes_view bytes, frame& into) const;
  [[nodiscard]] frame cut(bytes_view bytes) const {
    frame f;
    cut(bytes, f);
    return f;
  }

 private:
  struct alignas(16) head {
    std::atomic<std::size_t> owners{1};
    std::size_t size = 0;
  };
  static void retain(head* h) noexcept {
    if (h != nullptr) h->owners.fetch_add(1, std::memory_order_relaxed);
  }
  static void release(head* h) noexcept;
  static head* held_in(const std::byte* store) noexcept;
  static const frame::holder how;

  head* head_ = nullptr;
};

}  // namespace wye::nng
