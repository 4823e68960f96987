// codec: Wye's messages in NNG's form and back: the SP header and the body.
#pragma once

#include <nng/nng.h>

#include <array>

#include <wye/error.hpp>

#include "body.hpp"
#include "trailer.hpp"

namespace wye::nng {

/// An SP header: at most 16 numbers, as NNG has room for.
class header {
 public:
  header() = default;
  explicit header(nng_msg* m) noexcept {
    (void)add({static_cast<const std::byte*>(nng_msg_header(m)), nng_msg_header_len(m)});
  }

  /// False, and nothing added, if there is no room.
  bool add(bytes_view more) noexcept;
  [[nodiscard]] bytes_view bytes() const noexcept { return {bytes_.data(), size_}; }
  [[nodiscard]] std::size_t words() const noexcept { return size_ / 4; }

 private:
  std::array<std::byte, 64> bytes_;
  std::size_t size_ = 0;
};

/// Adds the request envelope that begins at frame `at` to `to`, or the id of a free message if there is none. Returns
/// the first frame of the body. errc::malformed if the envelope is longer than a header.
result<std::size_t> read_envelope(const message& m, std::size_t at, header& to);

/// Appends the frames of an envelope; none for a free message.
void write_envelope(bytes_view numbers, message& to);

/// The NNG message for the frames of `m` from `first` on (at least one). Takes the only frame's own message where it
/// can, and leaves that frame empty; else copies. `room`: bytes needed free around the body. Throws std::bad_alloc.
msg_ptr pack(message& m, std::size_t first, const header& head, std::string_view identity, std::size_t room);

/// Appends the frames of a body that read_trailer understood.
void unpack(msg_ptr m, const trailer& t, message& to);

inline bytes_view body_of(nng_msg* m) noexcept {
  return {static_cast<const std::byte*>(nng_msg_body(m)), nng_msg_len(m)};
}

}  // namespace wye::nng
