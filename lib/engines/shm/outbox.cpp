#include "outbox.hpp"

#include <algorithm>

namespace wye::shm {
namespace {

constexpr std::size_t largest_message = max_frames * (sizeof(record) + store_copy);
static_assert(sizeof(record) + sizeof(reference) <= sizeof(record) + store_copy);
static_assert(largest_message <= ring_least / 4);

}  // namespace

outbox::outbox(std::shared_ptr<joint> with, const station& from, std::size_t ring, std::size_t messages,
               std::size_t theirs, std::size_t quota, bool weighs)
    : joint_(std::move(with)),
      arena_(from.bodies),
      old_(from.old),
      ring_(joint_->mine.data() + half_size),
      size_(ring),
      most_(messages),
      theirs_(theirs),
      quota_(quota),
      limit_(ring),
      limit_messages_(messages) {
  if (weighs) weights_.emplace(messages);
}

// What the reader still has, it may go on reading.
outbox::~outbox() {
  ending_ = true;
  reclaim();
  if (!pinned_.empty()) old_->add(joint_, {pinned_.begin(), pinned_.end()});
}

bool outbox::refuse() noexcept {
  joint_->my_half().full.store(1, std::memory_order_relaxed);
  return false;
}

bool outbox::look_for_room(std::size_t bytes) noexcept {
  if (broken_) return refuse();
  const std::uint64_t head = joint_->their_half().head.load(std::memory_order_acquire);
  const std::uint64_t taken = joint_->their_half().taken.load(std::memory_order_acquire);
  broken_ = head < head_ || head > tail_ || taken < taken_ || taken > sent_plain_;
  if (broken_) return refuse();
  head_ = head;
  taken_ = taken;
  limit_ = head + size_;
  limit_messages_ = taken + most_;
  if (tail_ + bytes > limit_ || sent_plain_ >= limit_messages_) return refuse();
  joint_->my_half().full.store(0, std::memory_order_relaxed);
  return true;
}

// Half of the quota is enough for the largest message: connections.cpp chooses it so.
bool outbox::has_room() noexcept { return room(largest_message) && may_pin(quota_ / 2); }

bool outbox::may_pin(std::size_t bytes) noexcept {
  const auto fits = [&] { return pinned_bytes_ + bytes <= quota_ && pinned_.size() + max_frames <= slots; };
  while (!pinned_.empty() && reclaim_one()) {
  }
  if (fits()) return true;
  reclaim();
  return fits() || refuse();
}

// A reader that ends releases also what it has not taken; that stays for leftover().
bool outbox::reclaim_one() noexcept {
  const pinned& oldest = pinned_.front();
  const half& theirs = joint_->their_half();
  if (theirs.released[oldest.slot].load(std::memory_order_acquire) != oldest.use) return false;
  if (!ending_ && oldest.at >= theirs.head.load(std::memory_order_acquire)) return false;
  pinned_bytes_ -= arena_->size(oldest.what);
  free_slots_.push_back(oldest.slot);
  arena_->release(oldest.what);
  pinned_.pop_front();
  return true;
}

void outbox::reclaim() noexcept {
  for (std::size_t looks = pinned_.size(); looks != 0; --looks) {
    if (reclaim_one()) continue;
    pinned_.push_back(pinned_.front());  // released in another order; which order we keep does not matter
    pinned_.pop_front();
  }
}

void outbox::refer(std::byte*& at, const part& p, std::uint8_t flags) {
  std::uint16_t slot = 0;
  if (free_slots_.empty()) {
    slot = static_cast<std::uint16_t>(uses_.size());
    uses_.push_back(0);
  } else {
    slot = free_slots_.back();
    free_slots_.pop_back();
  }
  const record head{static_cast<std::uint32_t>(p.body.size()), slot,
                    static_cast<std::uint8_t>(flags | record::referred), 0};
  const reference to{arena_->offset(p.where), ++uses_[slot], 0};
  std::memcpy(at, &head, sizeof head);
  std::memcpy(at + sizeof head, &to, sizeof to);
  at += sizeof head + sizeof to;
  arena_->share(p.where);
  pinned_.push_back({p.where, to.use, slot, tail_});
  pinned_bytes_ += arena_->size(p.where);
}

bool outbox::put(const parcel& what, std::size_t weight) {
  if (!room(what.ring_bytes())) return false;
  if (what.chunks() != 0 && !may_pin(what.arena_bytes())) return false;
  std::byte* at = ring_ + (tail_ & (size_ - 1));
  const auto& parts = what.parts();
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const part& p = parts[i];
    const std::uint8_t flags = i + 1 < parts.size() ? record::more : 0;
    if (p.where != arena::none) {
      refer(at, p, flags);
      continue;
    }
    const record head{static_cast<std::uint32_t>(p.body.size()), 0, flags, 0};
    std::memcpy(at, &head, sizeof head);
    if (!p.body.empty()) std::memcpy(at + sizeof head, p.body.data(), p.body.size());
    at += sizeof head + padded(p.body.size());
  }
  publish(what.ring_bytes(), weight);
  return true;
}

std::size_t outbox::in_flight() const noexcept {
  const std::uint64_t sent = sent_.load(std::memory_order_acquire);
  const std::uint64_t taken = joint_->their_half().taken.load(std::memory_order_relaxed);
  const std::uint64_t waiting = taken > sent ? 0 : sent - taken;
  if (waiting <= theirs_) return 0;
  return weights_ ? weights_->between(taken + theirs_, sent) : waiting - theirs_;
}

// Our own ring, written by nobody else; the other side's word for what it took is the last that was right.
std::vector<message> outbox::leftover() {
  (void)look_for_room(0);
  std::vector<message> all;
  message m;
  for (std::uint64_t at = broken_ ? tail_ : head_; at < tail_;) {
    const std::byte* from = ring_ + (at & (size_ - 1));
    record head;
    std::memcpy(&head, from, sizeof head);
    from += sizeof head;
    if ((head.flags & record::referred) != 0) {
      reference to;
      std::memcpy(&to, from, sizeof to);
      m.push_back(frame::copy_of(bytes_view(arena_->at(0) - arena_->offset(0) + to.offset, head.size)));
      at += sizeof head + sizeof to;
    } else {
      m.push_back(frame::copy_of(bytes_view(from, head.size)));
      at += sizeof head + padded(head.size);
    }
    if ((head.flags & record::more) == 0) all.push_back(std::exchange(m, message()));
  }
  return all;
}

}  // namespace wye::shm
