// msgpack_cursor: reads msgpack from a stranger value by value, where it stands, without building objects.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <wye/frame.hpp>
#include <wye/result.hpp>

namespace wye::detail {

/// A place in bytes of msgpack (https://github.com/msgpack/msgpack/blob/master/spec.md). Each read moves behind one
/// value. The first fault sticks: from then on every read gives zero or empty, so that loops end, and only the last one
/// needs to be looked at. Views point into the bytes. Nothing is allocated but the fault's sentence.
class msgpack_cursor {
 public:
  explicit msgpack_cursor(bytes_view bytes) noexcept : begin_(bytes.data()), at_(begin_), end_(begin_ + bytes.size()) {}

  enum class kind : std::uint8_t { nothing, nil, boolean, number, negative, real, text, binary, array, map, extension };
  /// What comes next; `nothing` at the end and after a fault.
  [[nodiscard]] kind next() const noexcept;

  /// A number that is not negative, in any of its encodings, at most `most`.
  std::uint64_t number(std::uint64_t most = UINT64_MAX);
  bool boolean();
  /// At most `most` bytes.
  std::string_view text(std::size_t most);
  std::string_view text_or_binary(std::size_t most, bool& binary);
  /// How many elements follow. Never more than there are bytes left, so that it is safe to reserve for.
  std::size_t array(std::size_t most);
  /// How many pairs of key and value follow.
  std::size_t map(std::size_t most);
  /// Passes over one value that may nest `depth` deep, and returns its bytes.
  bytes_view skip(std::size_t depth);

  /// Reads a map with keys of text: `read(key)` reads the value and returns true, or leaves it to be skipped.
  template <class Read>
  void pairs(std::size_t depth, Read&& read) {
    for (std::size_t n = map(SIZE_MAX); n > 0 && ok(); --n) {
      const std::string_view key = text(SIZE_MAX);
      if (ok() && !read(key)) skip(depth - 1);
      if (!ok()) blame(key);
    }
  }

  /// Where the next value begins.
  [[nodiscard]] const std::byte* at() const noexcept { return at_; }
  [[nodiscard]] bool at_end() const noexcept { return at_ == end_; }
  [[nodiscard]] bool ok() const noexcept { return fault_.empty(); }
  /// Declares what was read wrong.
  void fail(std::string sentence);
  /// Puts the key into the fault's sentence.
  void blame(std::string_view key);
  /// errc::malformed with the sentence, if there was a fault.
  [[nodiscard]] result<void> verdict() const;

 private:
  struct head {
    kind what = kind::nothing;
    std::uint64_t value = 0;  // the number, or the bytes or elements that follow
    std::size_t size = 0;     // of the head itself
  };
  [[nodiscard]] head look() const noexcept;
  head take(kind wanted, const char* name, std::uint64_t most);
  std::string_view take_bytes(std::uint64_t size);

  const std::byte* begin_;
  const std::byte* at_;
  const std::byte* end_;
  std::string fault_;
};

}  // namespace wye::detail
