// framing: how SP messages follow each other on a stream (nanomsg's SP over TCP and IPC).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <wye/frame.hpp>

namespace wye::nng {

enum class framing {
  tcp,      ///< 8 bytes of length, big-endian, then the message
  ipc,      ///< one byte 1, and the same
  message,  ///< the transport keeps messages apart (ws); within ours they look as on tcp
};

constexpr std::size_t frame_head(framing f) noexcept { return f == framing::ipc ? 9 : 8; }

/// Precondition: room for frame_head bytes. (The analyzer thinks that an empty block may have it.)
inline std::byte* write_frame_head(framing f, std::uint64_t size, std::byte* out) noexcept {
  // NOLINTBEGIN(clang-analyzer-core.NullDereference)
  if (f == framing::ipc) *out++ = std::byte{1};
  for (int shift = 56; shift >= 0; shift -= 8) *out++ = static_cast<std::byte>(size >> static_cast<unsigned>(shift));
  // NOLINTEND(clang-analyzer-core.NullDereference)
  return out;
}

inline std::byte* write_bytes(std::byte* out, bytes_view bytes) noexcept {
  if (!bytes.empty()) std::memcpy(out, bytes.data(), bytes.size());
  return out + bytes.size();
}

/// Precondition: frame_head bytes. Returns false if they are no frame's head.
inline bool read_frame_head(framing f, const std::byte* from, std::uint64_t& size) noexcept {
  if (f == framing::ipc && *from++ != std::byte{1}) return false;
  size = 0;
  for (int i = 0; i < 8; ++i) size = size << 8U | std::to_integer<std::uint64_t>(from[i]);
  return true;
}

}  // namespace wye::nng
