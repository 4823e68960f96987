// outbox: encoded messages that wait to be written to a stream.
#pragma once

#include <nng/nng.h>

#include <deque>
#include <memory>
#include <vector>

#include <wye/message.hpp>

#include "codec.hpp"
#include "framing.hpp"

namespace wye::nng {

/// Small messages are copied one behind the other, so that one write carries many; large frames are shared. Not
/// thread-safe: the link's lock guards it.
class outbox {
 public:
  explicit outbox(framing how) noexcept : framing_(how) {}

  /// Number of messages whose bytes have not all been written.
  [[nodiscard]] std::size_t waiting() const noexcept { return sizes_.size(); }
  /// The same with each as what it counts as.
  [[nodiscard]] std::size_t weight() const noexcept { return weight_; }
  /// `keep`: large frames of `m` are shared, else moved; `counts` as so many. Throws std::bad_alloc.
  void add(const outgoing& how, message& m, std::string_view identity, bool keep, std::size_t counts = 1);

  /// What to write next: up to `most` runs of bytes.
  unsigned gather(nng_iov* runs, unsigned most) const noexcept;
  /// So many bytes of that were written.
  void wrote(std::size_t bytes) noexcept;

  /// The whole next message without its frame, for a transport that sends one at a time. Precondition: waiting().
  [[nodiscard]] nng_msg* next_message() const;
  /// Its size with the frame, for wrote().
  [[nodiscard]] std::size_t next_size() const noexcept { return sizes_.front().bytes; }

  /// What the first message counts as if it is partly written, else 0.
  [[nodiscard]] std::size_t begun() const noexcept { return written_ == 0 ? 0 : sizes_.front().counts; }
  /// Bodies of the messages that are not begun; nothing is left.
  std::vector<std::vector<std::byte>> take_unsent();

 private:
  struct piece {
    std::unique_ptr<std::byte[]> own = {};  // else `shared` holds the bytes
    frame shared = {};
    const std::byte* begin = nullptr;
    std::size_t size = 0;
    std::size_t room = 0;  // behind the bytes, for more
  };
  std::byte* reserve(std::size_t size);
  void copy(bytes_view bytes);
  void share(frame f);
  std::byte* put_head(const outgoing& how, std::size_t body, std::byte* out) const noexcept;

  const framing framing_;
  std::deque<piece> pieces_;
  struct extent {
    std::uint32_t bytes;   // with its frame
    std::uint32_t counts;  // a batch: as its messages
  };
  std::deque<extent> sizes_;  // of the messages
  std::size_t weight_ = 0;    // sum of what they count as
  std::size_t written_ = 0;   // of the first
};

}  // namespace wye::nng
