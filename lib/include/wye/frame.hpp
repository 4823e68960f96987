// frame: bytes together with shared ownership of whatever holds them.
#pragma once

#include <cstddef>
#include <cstring>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

namespace wye {

/// Bytes that somebody else owns.
using bytes_view = std::span<const std::byte>;

/// The bytes of a text, without copying.
inline bytes_view as_bytes(std::string_view text) noexcept {
  return std::as_bytes(std::span(text.data(), text.size()));
}

/// The text of bytes, without copying or checking the encoding.
inline std::string_view as_text(bytes_view bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// An immutable run of bytes and a share in the thing that holds them: the frame's own 64 bytes, a heap block,
/// an engine's message, any shared_ptr (a batch, a ring, a mapped log segment). Copying shares and never copies
/// a body above 64 bytes; moving is a few instructions. A frame is a value: use one from one thread at a time;
/// copies of it are independent and may live on other threads.
class frame {
 public:
  /// Room inside the frame for the holder: as large as the largest engine's message handle.
  static constexpr std::size_t store_size = 64;

  /// What a kind of holder knows how to do. `store` is the frame's 64 bytes; a holder must stay valid when they
  /// are moved in memory by memcpy. For engines and other holders; users of frames never see it.
  struct holder {
    /// Makes in `to` a second share of what `from` holds. The view follows unchanged unless it points into the
    /// store, in which case it keeps its offset.
    void (*share)(std::byte* to, const std::byte* from);
    /// Gives up the share in `store`.
    void (*release)(std::byte* store) noexcept;
  };

  /// Empty. Not defaulted: of a defaulted one, `frame()` would clear the store first.
  frame() noexcept {}  // NOLINT(modernize-use-equals-default)
  frame(frame&& other) noexcept { take(other); }
  frame(const frame& other) { share(other); }
  frame& operator=(frame&& other) noexcept {
    if (this != &other) reset(), take(other);
    return *this;
  }
  frame& operator=(const frame& other) {
    if (this != &other) *this = frame(other);
    return *this;
  }
  ~frame() { reset(); }

  /// A copy of `bytes`: inside the frame up to 64 bytes, above in one heap block. Throws std::bad_alloc.
  static frame copy_of(bytes_view bytes);
  static frame copy_of(std::string_view text) { return copy_of(as_bytes(text)); }

  /// A view of what `owner` keeps alive. No copy.
  static frame of(std::shared_ptr<const void> owner, bytes_view bytes);

  /// A view without ownership, for handing bytes to a call that copies them before it returns.
  static frame borrow(bytes_view bytes) noexcept {
    frame f;
    f.data_ = bytes.data();
    f.size_ = bytes.size();
    return f;
  }

  /// `size` bytes to be filled in through `writable()`. Throws std::bad_alloc.
  static frame make(std::size_t size);

  /// For holders: `fill(store)` sets up the 64 bytes and returns the view.
  template <class Fill>
  static frame hold(const holder& how, Fill&& fill) {
    frame f;
    f.refill(how, std::forward<Fill>(fill));
    return f;
  }
  /// The same in place of what this frame was. `fill` must not throw.
  template <class Fill>
  void refill(const holder& how, Fill&& fill) {
    reset();
    const bytes_view view = std::forward<Fill>(fill)(store_ + 0);
    how_ = &how;
    data_ = view.data();
    size_ = view.size();
  }

  [[nodiscard]] const std::byte* data() const noexcept { return data_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] bytes_view bytes() const noexcept { return {data_, size_}; }
  [[nodiscard]] std::string_view text() const noexcept { return as_text(bytes()); }

  /// The bytes, writable: only sensible for the sole owner of a frame from `make` or a socket's `loan`,
  /// before it is copied or sent.
  [[nodiscard]] std::span<std::byte> writable() noexcept { return {const_cast<std::byte*>(data_), size_}; }

  /// Bytes [from, from + count) sharing the same holder. Precondition: from + count <= size().
  [[nodiscard]] frame slice(std::size_t from, std::size_t count) const {
    frame f(*this);
    f.data_ += from;
    f.size_ = count;
    return f;
  }

  /// For holders: the 64 bytes, if this frame is held by `how`, else null. The view may be a slice: compare it.
  [[nodiscard]] std::byte* held_by(const holder& how) noexcept { return how_ == &how ? store_ : nullptr; }

  /// For holders: the 64 bytes, to be filled anew. If this frame is held by `how` already, what it holds stays there
  /// and may be reused; else `prepare(store)` puts something empty there. Call show() afterwards.
  template <class Prepare>
  std::byte* reopen(const holder& how, Prepare&& prepare) {
    if (how_ == &how) return store_;
    reset();
    std::forward<Prepare>(prepare)(store_);
    how_ = &how;
    return store_;
  }
  /// For holders: the bytes that the store now holds.
  void show(bytes_view view) noexcept { data_ = view.data(), size_ = view.size(); }

  /// For holders: forget the share without releasing it, because `store` was consumed.
  void disown() noexcept { how_ = nullptr, data_ = nullptr, size_ = 0; }

  /// True if the frame owns nothing and its bytes belong to the caller.
  [[nodiscard]] bool borrowed() const noexcept { return how_ == nullptr && size_ != 0; }

  friend bool operator==(const frame& a, const frame& b) noexcept { return a.text() == b.text(); }
  friend bool operator==(const frame& a, std::string_view b) noexcept { return a.text() == b; }

 private:
  [[nodiscard]] bool inside(const std::byte* p) const noexcept {
    return !std::less<>{}(p, store_ + 0) && std::less<>{}(p, store_ + store_size);
  }
  void follow(const frame& from) noexcept {
    data_ = from.inside(from.data_) ? store_ + (from.data_ - from.store_) : from.data_;
    size_ = from.size_;
    how_ = from.how_;
  }
  void take(frame& other) noexcept {
    if (other.how_ != nullptr) std::memcpy(store_, other.store_, store_size);
    follow(other);
    other.disown();
  }
  void share(const frame& other) {
    if (other.how_ != nullptr) other.how_->share(store_, other.store_);
    follow(other);
  }
  void reset() noexcept {
    if (how_ != nullptr) how_->release(store_);
    how_ = nullptr;
  }

  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
  const holder* how_ = nullptr;
  alignas(8) std::byte store_[store_size];  // NOLINT: left uninitialised on purpose until a holder fills it
};

}  // namespace wye
