// outbox: the writing end of a link's ring, and what its reader has not released yet.
#pragma once

#include <atomic>
#include <cstring>
#include <deque>
#include <optional>
#include <vector>

#include "joint.hpp"
#include "parcel.hpp"
#include "retired.hpp"
#include "weights.hpp"

namespace wye::shm {

/// What a socket sends large bodies from.
struct station {
  std::shared_ptr<arena> bodies;
  std::shared_ptr<retired> old;
};

/// For the socket's user, except where noted. Whatever the other side writes is copied once and checked; once it was
/// wrong, the outbox is broken, and takes nothing more.
class outbox {
 public:
  /// `ring` bytes; at most `messages` in it, of which the other side's queue counts `theirs`; blocks of at most
  /// `quota` bytes in the arena. `weighs`: some messages are batches, and count as theirs.
  outbox(std::shared_ptr<joint> with, const station& from, std::size_t ring, std::size_t messages, std::size_t theirs,
         std::size_t quota, bool weighs);
  ~outbox();
  outbox(const outbox&) = delete;
  outbox& operator=(const outbox&) = delete;

  /// One frame that stands in the ring itself, and what it counts as. False if there is no room.
  bool put(bytes_view body, std::size_t weight = 1) noexcept {
    const std::size_t need = sizeof(record) + padded(body.size());
    if (!room(need)) return false;
    std::byte* at = ring_ + (tail_ & (size_ - 1));
    const record head{static_cast<std::uint32_t>(body.size()), 0, 0, 0};
    std::memcpy(at, &head, sizeof head);
    if (!body.empty()) std::memcpy(at + sizeof head, body.data(), body.size());
    publish(need, weight);
    return true;
  }
  bool put(const parcel& what, std::size_t weight = 1);

  /// Whether any message finds room: fewer bytes may find it before.
  bool has_room() noexcept;
  /// Whether a body of that size in the arena is within the quota.
  bool may_pin(std::size_t bytes) noexcept;
  /// Up to this size bodies stand in the ring: less when it fills, so that any bodies leave room for all messages.
  [[nodiscard]] std::size_t inline_limit(std::size_t frames) noexcept {
    if (tail_ - head_ >= size_ / 2) (void)look_for_room(0);
    return frames <= few_frames && tail_ - head_ < size_ / 2 ? inline_most : store_copy;
  }

  /// Messages that the other side has not taken and has no place for in its own queue. Any thread.
  [[nodiscard]] std::size_t in_flight() const noexcept;
  [[nodiscard]] bool broken() const noexcept { return broken_; }
  /// The messages that nobody took, for sending them elsewhere. After the link has ended; once.
  std::vector<message> leftover();

 private:
  static constexpr std::size_t few_frames = 16;

  bool room(std::size_t bytes) noexcept {
    if (tail_ + bytes <= limit_ && sent_plain_ < limit_messages_) [[likely]]
      return true;
    return look_for_room(bytes);
  }
  bool look_for_room(std::size_t bytes) noexcept;
  void publish(std::size_t bytes, std::size_t weight) noexcept {
    tail_ += bytes;
    joint_->my_half().tail.store(tail_, std::memory_order_release);
    ++sent_plain_;
    if (weights_) weights_->add(sent_plain_, weight);
    sent_.store(sent_plain_, std::memory_order_release);
    joint_->rouse();
    joint_->give_word();
  }
  bool refuse() noexcept;
  void reclaim() noexcept;
  bool reclaim_one() noexcept;
  void refer(std::byte*& at, const part& p, std::uint8_t flags);

  std::shared_ptr<joint> joint_;
  std::shared_ptr<arena> arena_;
  std::shared_ptr<retired> old_;
  std::byte* const ring_;
  const std::size_t size_, most_, theirs_, quota_;

  std::uint64_t tail_ = 0, head_ = 0, limit_ = 0;  // bytes; up to limit_ there is room for sure
  std::uint64_t sent_plain_ = 0, taken_ = 0, limit_messages_ = 0;
  std::atomic<std::uint64_t> sent_{0};
  std::optional<weights> weights_;
  bool broken_ = false;

  std::deque<pinned> pinned_;  // in the order of sending
  std::size_t pinned_bytes_ = 0;
  bool ending_ = false;
  std::vector<std::uint16_t> free_slots_;
  std::vector<std::uint32_t> uses_;
};

}  // namespace wye::shm
