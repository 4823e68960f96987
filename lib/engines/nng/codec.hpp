// codec: Wye's messages in SP's form and back: the SP header and the body. Pure: no sockets here.
#pragma once

#include <array>
#include <string_view>

#include <wye/engine.hpp>
#include <wye/error.hpp>

#include "block.hpp"
#include "trailer.hpp"

namespace wye::nng {

/// An SP header: at most 16 numbers.
class header {
 public:
  /// False, and nothing added, if there is no room.
  bool add(bytes_view more) noexcept;
  [[nodiscard]] bytes_view bytes() const noexcept { return {bytes_.data(), size_}; }

 private:
  std::array<std::byte, 64> bytes_;
  std::size_t size_ = 0;
};

/// A message on its way out: the header, and the frames from `first` on.
struct outgoing {
  header head;
  std::size_t first = 0;
  bool padded = false;  ///< an empty frame was appended, because there was no body
};

/// Finds out what of `m`, from frame `first` on, travels in the header. Appends an empty body if there is none.
/// errc::malformed if it does not fit; then `m` is as before.
errc split(role as, message& m, std::size_t first, outgoing& out);

/// What can be wrong with what arrived.
enum class fault { none, malformed, hop_limit };

struct incoming {
  fault wrong = fault::none;
  bytes_view identity;  ///< of the sender; points into the body
};

/// Fills `m`, behind `prefix` empty frames, with the frames of a received `body`, which lies in `from`.
incoming join(role as, int max_hops, const block& from, bytes_view body, message& m, std::size_t prefix);

}  // namespace wye::nng
