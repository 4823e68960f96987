// Frames held by a zmq_msg_t.
#pragma once

#include <zmq.h>

#include <cstring>

#include <wye/frame.hpp>

namespace wye::zmq_engine {

static_assert(sizeof(zmq_msg_t) == frame::store_size);

/// The holder of such frames. A zmq_msg_t may be moved in memory: libzmq itself moves one by copying its bytes
/// (msg_t::move), and none of its pointers points into it.
extern const frame::holder msg_holder;

/// The zmq_msg_t in a frame's store.
inline zmq_msg_t* msg_in(std::byte* store) noexcept { return reinterpret_cast<zmq_msg_t*>(store); }

/// The bytes of a message, as long as it stays where it is.
inline bytes_view view_of(zmq_msg_t* msg) noexcept {
  return {static_cast<const std::byte*>(zmq_msg_data(msg)), zmq_msg_size(msg)};
}

/// A frame that takes `msg` over.
inline frame adopt(zmq_msg_t& msg) noexcept {
  return frame::hold(msg_holder, [&msg](std::byte* store) {
    std::memcpy(store, &msg, sizeof msg);
    return view_of(msg_in(store));
  });
}

/// Room for zmq_msg_recv in a frame: what it held is let go by libzmq itself.
inline zmq_msg_t* room_in(frame& f) noexcept {
  return msg_in(f.reopen(msg_holder, [](std::byte* store) { zmq_msg_init(msg_in(store)); }));
}

/// Makes `msg` hold the bytes of `f`: a share of them if the frame is large and owns them, else a copy.
/// Throws std::bad_alloc.
void fill(zmq_msg_t& msg, const frame& f);

}  // namespace wye::zmq_engine
