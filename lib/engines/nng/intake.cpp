#include "intake.hpp"

#include <algorithm>
#include <cstring>

namespace wye::nng {
namespace {

constexpr std::size_t least_block = 4096, largest_block = 262144;
constexpr std::size_t least_room = 512;
constexpr std::size_t large = largest_block / 2;  // a message of more has a block of its own

// What stands in front of a complete message, in the last 8 bytes of its head.
struct mark_bytes {
  std::uint32_t size;
  std::uint32_t taken;
};
static_assert(sizeof(mark_bytes) == 8);

}  // namespace

bytes_view next_body(batch& of, framing f) noexcept {
  for (;;) {
    mark_bytes mark{};
    of.begin += frame_head(f);
    std::memcpy(&mark, of.in.data() + of.begin - sizeof mark, sizeof mark);
    const bytes_view body{of.in.data() + of.begin, mark.size};
    of.begin += mark.size;
    if (mark.taken == 0) continue;
    --of.messages;
    return body;
  }
}

void intake::mark(std::size_t size, bool take) noexcept {
  const mark_bytes mark{static_cast<std::uint32_t>(size), take ? 1U : 0U};
  std::memcpy(in_.data() + scanned_ + frame_head(framing_) - sizeof mark, &mark, sizeof mark);
}

std::span<std::byte> intake::room() {
  const std::size_t left = in_.size() - filled_;
  const bool fits = needed_ != 0 ? scanned_ + needed_ <= in_.size() : left >= least_room;
  if (!fits) {
    move_to_fresh(std::max(needed_, usual_));
    if (needed_ > large) usual_ = least_block;  // the next may be as large, and what is read of it here is copied
  }
  return {in_.data() + filled_, in_.size() - filled_};
}

void intake::store(bytes_view body) {
  const std::size_t whole = frame_head(framing_) + body.size();
  if (in_.size() - filled_ < whole) move_to_fresh(std::max(whole, usual_));
  std::byte* out = write_frame_head(framing_, body.size(), in_.data() + filled_);
  if (!body.empty()) std::memcpy(out, body.data(), body.size());
}

// The part of a message that is there goes along.
void intake::move_to_fresh(std::size_t least) {
  block fresh(least);
  const std::size_t part = filled_ - scanned_;
  if (part != 0) std::memcpy(fresh.data(), in_.data() + scanned_, part);
  in_ = std::move(fresh);
  filled_ = part;
  scanned_ = 0;
}

void intake::grow(std::size_t bytes) noexcept {
  const std::size_t room = in_.size() - filled_;
  if (bytes == room && needed_ <= large && usual_ < largest_block) usual_ *= 2;
  else if (bytes < usual_ / 8 && usual_ > least_block) usual_ /= 2;
  filled_ += bytes;
}

// The size of the message that begins at scanned_, if it is complete.
std::size_t intake::next(verdict& how) noexcept {
  const std::size_t there = filled_ - scanned_, head = frame_head(framing_);
  needed_ = 0;
  if (there < head) return none;
  std::uint64_t size = 0;
  if (!read_frame_head(framing_, in_.data() + scanned_, size)) return how = verdict::no_frame, none;
  if (size > largest_) return how = verdict::too_large, none;
  if (there - head >= size) return size;
  needed_ = head + size;
  return none;
}

}  // namespace wye::nng
