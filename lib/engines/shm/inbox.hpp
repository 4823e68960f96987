// inbox: the reading end of the other side's ring. Whatever stands there may be a lie.
#pragma once

#include <cstring>
#include <memory>

#include <wye/error.hpp>
#include <wye/message.hpp>

#include "joint.hpp"

namespace wye::shm {

/// For the socket's user. Each length and position is copied once and checked before it is used.
class inbox {
 public:
  /// `messages`: how many the other side lets wait.
  inbox(std::shared_ptr<joint> with, std::size_t ring, std::size_t messages, std::size_t max_message)
      : joint_(std::move(with)),
        ring_(joint_->theirs.data() + half_size),
        size_(ring),
        ring_bell_bytes_(ring / 4),
        ring_bell_messages_(messages / 4),
        max_message_(max_message) {}
  inbox(const inbox&) = delete;
  inbox& operator=(const inbox&) = delete;
  /// Releases what was not received.
  ~inbox();

  bool readable() noexcept { return head_ != tail_ || look(); }

  /// Replaces `m` by the next message behind `prefix` empty frames. would_block: none. too_large: it was, and is
  /// skipped. limit: the same, by so much that the link should end. malformed: the other side breaks the rules; end the
  /// link.
  errc take(message& m, std::size_t prefix);

 private:
  struct cursor {
    record head;
    const std::byte* body;
    std::uint64_t next;
  };
  bool look() noexcept;
  bool read(std::uint64_t at, cursor& out) const noexcept;
  bool read_reference(const cursor& c, reference& to) const noexcept;
  bool fill(frame& f, const cursor& c);
  errc measure(cursor c, std::uint64_t& end) const noexcept;
  void release(const cursor& c) noexcept;
  void release_until(std::uint64_t end) noexcept;
  void skip(std::uint64_t end) noexcept;
  void taken(std::uint64_t end) noexcept;
  errc spoil() noexcept;

  std::shared_ptr<joint> joint_;
  const std::byte* const ring_;
  const std::size_t size_, ring_bell_bytes_, ring_bell_messages_, max_message_;
  std::uint64_t head_ = 0, tail_ = 0, taken_ = 0;
  std::uint64_t bell_head_ = 0, bell_taken_ = 0;  // when we last told of room
  bool broken_ = false;
};

}  // namespace wye::shm
