// batch: several messages in one frame, as docs/reference/wire.md has it. For engines, devices and tools: sockets
// gather and open batches by themselves.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>
#include <string_view>

#include <wye/engine.hpp>

namespace wye::batch {

/// How a batch begins, and how the topic of a published batch and the subscription to such topics begin.
inline constexpr std::string_view marker = "\x93WyeBa\r\n";
/// Bytes before the bodies.
inline constexpr std::size_t head_size = 20;
/// Bytes that each frame takes behind the bodies.
inline constexpr std::size_t length_size = 4;
inline constexpr std::size_t max_frames = 1024;  ///< of one message

/// Whether `bytes` begin with the marker.
inline bool marked(bytes_view bytes) noexcept {
  return bytes.size() >= marker.size() && std::memcmp(bytes.data(), marker.data(), marker.size()) == 0;
}

/// The frame of `m` that is a batch by its place and beginning, as sockets in role `as` send and receive them; else
/// null. Any thread.
inline const frame* in(const message& m, role as) noexcept {
  switch (as) {
    case role::push:
    case role::pull:
    case role::pair:
    case role::dealer: return m.size() == 1 && marked(m[0].bytes()) ? &m[0] : nullptr;
    case role::router: return m.size() == 2 && marked(m[1].bytes()) ? &m[1] : nullptr;
    case role::publisher:
    case role::subscriber: return m.size() == 2 && marked(m[0].bytes()) && marked(m[1].bytes()) ? &m[1] : nullptr;
    default: return nullptr;
  }
}

/// Of so many parts of `send_queue` one is the batch in the making, and each other one a batch in the engine's queue.
/// With a longer queue there are more, and larger ones: a few would be gone before who has been waiting for room is
/// awake.
inline std::size_t queue_parts(const socket_options& o) noexcept {
  return std::max<std::size_t>(16, static_cast<std::size_t>(std::sqrt(static_cast<double>(o.send_queue) / 20)));
}
/// The most messages in a batch.
inline std::size_t most_messages(const socket_options& o) noexcept {
  return std::max<std::size_t>(1, o.send_queue / queue_parts(o));
}
/// How many engine messages may wait to be sent, so that they hold at most `send_queue` messages. A publisher's queue
/// counts batches: it would drop where others wait, and small batches fill a short queue as fast as large ones.
inline std::size_t queue_length(role as, const socket_options& o) noexcept {
  const std::size_t parts = queue_parts(o);
  return !o.batch || as == role::publisher || o.send_queue < parts ? o.send_queue : parts - 1;
}

/// What a batch says of itself.
struct contents {
  std::size_t messages = 0;
  std::size_t frames = 0;
  std::size_t bytes = 0;  ///< of all frames
};

/// Reads and checks all of a batch but the bodies: nullopt if it is not exactly as specified. Any thread.
std::optional<contents> read(bytes_view whole) noexcept;

/// What `m` counts as in a ledger: a well-formed batch as its messages, all else as one. A router's address does not
/// count. Any thread.
contents count(const message& m, role as) noexcept;

}  // namespace wye::batch
