// batch_writer: gathers messages into a batch.
#pragma once

#include <memory>

#include <wye/batch.hpp>

namespace wye::detail {

/// Pure: no socket, no clock.
class batch_writer {
 public:
  /// Batches of at most so many bytes in all and so many messages.
  batch_writer(std::size_t max_bytes, std::size_t max_messages) noexcept
      : max_bytes_(max_bytes), max_messages_(max_messages) {}

  batch_writer(const batch_writer&) = delete;
  batch_writer& operator=(const batch_writer&) = delete;
  ~batch_writer() = default;

  [[nodiscard]] bool empty() const noexcept { return messages_ == 0; }
  [[nodiscard]] std::size_t messages() const noexcept { return messages_; }
  /// Whether a message of so many frames and bytes has room.
  [[nodiscard]] bool fits(std::size_t frames, std::size_t bytes) const noexcept {
    return messages_ < max_messages_ && end_ + bytes + (frames_ + frames) * batch::length_size <= max_bytes_;
  }
  /// Copies a message in. Precondition: fits(). Throws std::bad_alloc from the first of a batch only.
  void add(bytes_view body);
  /// The frames of `m` from the one at `from` on.
  void add(const message& m, std::size_t from);

  /// The batch as a frame that is good until the next add() or clear(); it may be copied and sent. More may be added
  /// afterwards, if the frame was not kept. Precondition: not empty().
  [[nodiscard]] frame finished() noexcept;
  /// The bytes of that frame.
  [[nodiscard]] bytes_view bytes() const noexcept { return {data_, end_ + frames_ * batch::length_size}; }
  /// Begins anew. `kept`: somebody may still share the frame.
  void clear(bool kept) noexcept;

 private:
  void begin();
  void put(bytes_view body, std::uint32_t more) noexcept;

  std::size_t max_bytes_, max_messages_;
  std::size_t messages_ = 0, frames_ = 0;
  std::size_t end_ = batch::head_size;    // of the bodies
  frame memory_;                          // empty: none yet
  std::byte* data_ = nullptr;             // its
  std::unique_ptr<std::byte[]> lengths_;  // as they will stand behind the bodies
};

}  // namespace wye::detail
