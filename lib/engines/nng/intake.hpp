// intake: what a stream brings, cut into messages where it lies.
#pragma once

#include <functional>

#include "block.hpp"
#include "framing.hpp"

namespace wye::nng {

/// Complete messages, one behind the other in a block, each behind a mark of ours where its length was.
struct batch {
  block in = {};
  std::size_t begin = 0;
  std::size_t messages = 0;  ///< wanted ones; others are marked, and passed over by next_body
};

/// The next wanted body; moves `of` behind it. Precondition: of.messages != 0.
bytes_view next_body(batch& of, framing f) noexcept;

/// The reading side: one thread at a time, the reader's. What it publishes is a batch; frames are cut by the user.
class intake {
 public:
  /// `largest`: a longer message ends the connection before memory is taken for it.
  intake(framing f, std::size_t largest) noexcept : framing_(f), largest_(largest) {}

  /// Where to read to. Throws std::bad_alloc.
  [[nodiscard]] std::span<std::byte> room();
  /// A whole message that was received elsewhere is to be copied in.
  void store(bytes_view body);

  enum class verdict { good, too_large, no_frame };
  /// So many bytes were read. `wanted` judges each message; `unwanted` counts the others.
  template <class Wanted>
  verdict arrived(std::size_t bytes, Wanted wanted, batch& out, std::size_t& unwanted) {
    grow(bytes);
    out = {in_, scanned_, 0};
    for (;;) {
      verdict how = verdict::good;
      const std::size_t size = next(how);
      if (size == none) return how;
      const std::byte* body = in_.data() + scanned_ + frame_head(framing_);
      const bool take = wanted(bytes_view(body, size));
      mark(size, take);
      ++(take ? out.messages : unwanted);
      scanned_ += frame_head(framing_) + size;
    }
  }

 private:
  static constexpr std::size_t none = ~std::size_t{0};
  void grow(std::size_t bytes) noexcept;
  [[nodiscard]] std::size_t next(verdict& how) noexcept;
  void mark(std::size_t size, bool take) noexcept;
  void move_to_fresh(std::size_t least);

  const framing framing_;
  const std::size_t largest_;
  std::size_t usual_ = 4096;  // size of a block: grows while reads fill it
  block in_;
  std::size_t filled_ = 0, scanned_ = 0;
  std::size_t needed_ = 0;  // bytes of the message that is not complete, its head included, if known
};

}  // namespace wye::nng
