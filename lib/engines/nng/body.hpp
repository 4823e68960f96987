// body: frames that live in an nng_msg, and messages made of frames.
#pragma once

#include <nng/nng.h>

#include <memory>

#include <wye/message.hpp>

namespace wye::nng {

struct free_msg {
  void operator()(nng_msg* m) const noexcept { nng_msg_free(m); }
};
using msg_ptr = std::unique_ptr<nng_msg, free_msg>;

/// Bytes of room that a new message has before and behind its body: for NNG's own headers, and for the arrival stamp.
inline constexpr std::size_t slack = 32;

/// A message with an empty header and a body of `size` bytes, with slack on both sides, and in front of it room for a
/// header of `header` bytes: on inproc NNG 1.5.2 writes past its buffer where that is missing. Throws std::bad_alloc.
msg_ptr make_msg(std::size_t size, std::size_t header = 0);

/// All of the body as one frame that owns the message. The header is lost.
frame adopt(msg_ptr m) noexcept;

/// The first `count` parts of the body, each `length(i)` long, appended to `to` as frames that share the message.
/// The header is lost.
void adopt_parts(msg_ptr m, std::size_t count, const std::byte* lengths, message& to);

/// Takes the message out of a frame that shows all of its body and is its only owner; else null, and the frame is
/// untouched. `room`: bytes that must be free behind the body.
msg_ptr release(frame& f, std::size_t room) noexcept;

}  // namespace wye::nng
