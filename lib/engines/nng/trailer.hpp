// trailer: how several frames travel in one NNG body. Specified in docs/reference/wire.md. Pure: no sockets here.
#pragma once

#include <cstddef>
#include <string_view>

#include <wye/message.hpp>
#include <wye/result.hpp>

namespace wye::nng {

/// More frames than this are never sent and never accepted.
inline constexpr std::size_t max_frames = 1024;

/// What a body holds.
struct trailer {
  std::size_t frames = 1;              ///< at least 1
  const std::byte* lengths = nullptr;  ///< `frames` numbers of 4 bytes, big-endian; null: the body is one plain frame
  bytes_view identity;                 ///< of the sender; empty if it sent none

  /// The length of frame `i`. Precondition: i < frames, and lengths is not null.
  [[nodiscard]] std::size_t length(std::size_t i) const noexcept;
};

/// Reads the end of a body. Without the magic the body is one frame; errc::malformed if the magic is there and the
/// rest does not fit.
result<trailer> read_trailer(bytes_view body) noexcept;

/// True if `frames` can't travel as a bare body: there are several, an identity goes with them, or the only one looks
/// as if it had a trailer.
bool needs_trailer(const message& m, std::size_t first, std::string_view identity) noexcept;

/// The size of the body that carries the frames of `m` from `first` on.
std::size_t body_size(const message& m, std::size_t first, std::string_view identity) noexcept;

/// Writes that body to `out`, which has room for body_size bytes. Precondition: 1 to max_frames frames, none of 4 GiB
/// or more; identity at most 255 bytes.
void write_body(const message& m, std::size_t first, std::string_view identity, std::byte* out) noexcept;

/// The part of body_size behind the frames, 0 if there is none; and that part of write_body.
std::size_t trailer_size(const message& m, std::size_t first, std::string_view identity) noexcept;
void write_trailer(const message& m, std::size_t first, std::string_view identity, std::byte* out) noexcept;

}  // namespace wye::nng
