#include "inbox.hpp"

#include <algorithm>

namespace wye::shm {
namespace {

// A body that fits into a frame's own store.
const frame::holder copy_holder{
    [](std::byte* to, const std::byte* from) { std::memcpy(to, from, frame::store_size); },
    [](std::byte*) noexcept {},
};

void copy_into(frame& f, bytes_view body) {
  if (body.size() > store_copy) {
    f = frame::copy_of(body);
    return;
  }
  f.refill(copy_holder, [body](std::byte* store) {
    if (!body.empty()) std::memcpy(store, body.data(), body.size());
    return bytes_view(store, body.size());
  });
}

}  // namespace

// What was not taken is the sender's again: its memory is released, but it is not told as taken.
inbox::~inbox() {
  while (!broken_ && readable()) {
    cursor c{};
    std::uint64_t end = 0;
    if (!read(head_, c) || measure(c, end) == errc::malformed) break;
    release_until(end);
    head_ = end;
  }
}

bool inbox::look() noexcept {
  if (broken_) return false;
  tail_ = joint_->their_half().tail.load(std::memory_order_acquire);
  broken_ = tail_ - head_ > size_ || tail_ % 8 != 0;
  if (broken_) tail_ = head_ + 8;  // take() will say so
  return head_ != tail_;
}

bool inbox::read(std::uint64_t at, cursor& out) const noexcept {
  if (tail_ - at < sizeof(record) || broken_) return false;
  const std::byte* from = ring_ + (at & (size_ - 1));
  std::memcpy(&out.head, from, sizeof out.head);
  if ((out.head.flags & ~(record::more | record::referred)) != 0 || out.head.zero != 0) return false;
  const std::size_t follows =
      (out.head.flags & record::referred) != 0 ? sizeof(reference) : padded(std::size_t{out.head.size});
  if (tail_ - at - sizeof(record) < follows) return false;
  out.body = from + sizeof(record);
  out.next = at + sizeof(record) + follows;
  return true;
}

bool inbox::read_reference(const cursor& c, reference& to) const noexcept {
  std::memcpy(&to, c.body, sizeof to);
  if (c.head.slot >= slots || to.offset < page || to.offset > joint_->their_arena) return false;
  if (c.head.size > joint_->their_arena - to.offset || joint_->shares == nullptr) return false;
  return joint_->shares[c.head.slot].load(std::memory_order_acquire) == 0;  // else we still read its last use
}

// Where the message that begins with `c` ends, and whether it is too large.
errc inbox::measure(cursor c, std::uint64_t& end) const noexcept {
  std::size_t frames = 1, bytes = c.head.size, largest = c.head.size;
  while ((c.head.flags & record::more) != 0) {
    if (++frames > max_frames || !read(c.next, c)) return errc::malformed;
    bytes += c.head.size;
    largest = std::max<std::size_t>(largest, c.head.size);
  }
  end = c.next;
  if (largest >= 2 * max_message_) return errc::limit;
  return bytes > max_message_ ? errc::too_large : errc::ok;
}

bool inbox::fill(frame& f, const cursor& c) {
  if ((c.head.flags & record::referred) == 0) {
    copy_into(f, {c.body, c.head.size});
    return true;
  }
  reference to{};
  if (!read_reference(c, to)) return false;
  const bytes_view body(joint_->their_station.data() + to.offset, c.head.size);
  if (body.size() > store_copy && joint_->held.load(std::memory_order_relaxed) + body.size() <= joint_->hold_most) {
    show_in_place(f, joint_, body, c.head.slot, to.use);
    return true;
  }
  copy_into(f, body);
  release(c);
  return true;
}

void inbox::release(const cursor& c) noexcept {
  reference to{};
  if ((c.head.flags & record::referred) == 0 || !read_reference(c, to)) return;
  joint_->my_half().released[c.head.slot].store(to.use, std::memory_order_release);
  joint_->rouse_if_full();
}

// Room is told in good portions, lest the writer wakes up for each message.
void inbox::taken(std::uint64_t end) noexcept {
  head_ = end;
  half& mine = joint_->my_half();
  mine.head.store(head_, std::memory_order_release);
  mine.taken.store(++taken_, std::memory_order_release);
  if (head_ != tail_ && head_ - bell_head_ < ring_bell_bytes_ && taken_ - bell_taken_ <= ring_bell_messages_) return;
  bell_head_ = head_;
  bell_taken_ = taken_;
  joint_->rouse_if_full();
}

void inbox::release_until(std::uint64_t end) noexcept {
  for (cursor c{.head = {}, .body = nullptr, .next = head_}; c.next != end && read(c.next, c);) release(c);
}

void inbox::skip(std::uint64_t end) noexcept {
  release_until(end);
  taken(end);
}

// From now on there is nothing to read.
errc inbox::spoil() noexcept {
  broken_ = true;
  tail_ = head_;
  return errc::malformed;
}

errc inbox::take(message& m, std::size_t prefix) {
  if (!readable()) return errc::would_block;
  cursor c{};
  if (!read(head_, c)) return spoil();
  if (prefix == 0 && c.head.flags == 0 && c.head.size <= store_copy && c.head.size <= max_message_) [[likely]] {
    copy_into(m.recycle(), {c.body, c.head.size});
    taken(c.next);
    return errc::ok;
  }
  std::uint64_t end = 0;
  const errc fits = measure(c, end);
  if (fits == errc::malformed) return spoil();
  if (fits != errc::ok) return skip(end), fits;
  frame* first = &m.recycle();
  if (prefix != 0) {
    *first = frame();
    m.push_back(frame());
    first = &m.back();
  }
  for (;;) {
    if (!fill(*first, c)) return m.clear(), spoil();
    if (c.next == end || !read(c.next, c)) break;
    m.push_back(frame());
    first = &m.back();
  }
  taken(end);
  return errc::ok;
}

}  // namespace wye::shm
