// message: a few frames.
#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <wye/frame.hpp>

namespace wye {

/// An ordered, small set of frames that travels as a whole. A message of one or two frames needs no heap of its own;
/// the vector for more keeps its capacity when the message is reused. A value; one thread at a time.
class message {
 public:
  /// No frames. An engine never delivers such a message, and sending one is errc::malformed.
  message() noexcept {}  // NOLINT(modernize-use-equals-default): as a frame's
  /// One frame.
  message(frame only) noexcept : size_(1), near_{std::move(only)} {}  // NOLINT(google-explicit-constructor)
  /// One frame, a copy of `text`.
  message(std::string_view text) : message(frame::copy_of(text)) {}      // NOLINT(google-explicit-constructor)
  message(const std::string& text) : message(std::string_view(text)) {}  // NOLINT(google-explicit-constructor)
  message(const char* text) : message(std::string_view(text)) {}         // NOLINT(google-explicit-constructor)
  /// One frame for each text, copied.
  message(std::initializer_list<std::string_view> texts) {
    for (auto text : texts) push_back(frame::copy_of(text));
  }

  message(message&& other) noexcept { take(other); }
  message& operator=(message&& other) noexcept {
    if (this != &other) clear(), take(other);
    return *this;
  }
  message(const message&) = default;
  message& operator=(const message&) = default;
  ~message() = default;

  /// Number of frames.
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  /// Sum of the frames' sizes in bytes.
  [[nodiscard]] std::size_t byte_size() const noexcept {
    std::size_t sum = near_[0].size() + near_[1].size();
    for (const frame& f : rest_) sum += f.size();
    return sum;
  }

  /// Frame `i`. Precondition: i < size().
  [[nodiscard]] frame& operator[](std::size_t i) noexcept { return i < near ? near_[i] : rest_[i - near]; }
  [[nodiscard]] const frame& operator[](std::size_t i) const noexcept { return i < near ? near_[i] : rest_[i - near]; }
  [[nodiscard]] frame& front() noexcept { return near_[0]; }
  [[nodiscard]] const frame& front() const noexcept { return near_[0]; }
  [[nodiscard]] frame& back() noexcept { return (*this)[size_ - 1]; }
  [[nodiscard]] const frame& back() const noexcept { return (*this)[size_ - 1]; }

  /// The text of the last frame, which by custom is the body; empty if there is none.
  [[nodiscard]] std::string_view text() const noexcept { return empty() ? std::string_view{} : back().text(); }

  /// Appends a frame. Throws std::bad_alloc from the third frame on.
  void push_back(frame f) { extend() = std::move(f); }
  void push_back(std::string_view text) { push_back(frame::copy_of(text)); }
  /// Appends an empty frame, and returns it to be filled: how engines receive without moving frames.
  frame& extend() {
    if (size_ >= near) rest_.emplace_back();
    return (*this)[size_++];
  }
  /// Puts a frame before all others.
  void push_front(frame f);
  /// Takes the first frame out. Precondition: not empty.
  frame pop_front();
  /// Drops the first `count` frames. Precondition: count <= size().
  void drop_front(std::size_t count) noexcept;
  /// Drops frames from `count` on. Precondition: count <= size().
  void truncate(std::size_t count) noexcept;
  /// Drops all frames; keeps the vector's capacity.
  void clear() noexcept {
    recycle() = frame();
    size_ = 0;
  }
  /// For engines: makes this a message of one frame, and returns it to be filled anew. What it held stays there.
  frame& recycle() noexcept {
    if (size_ > 1) near_[1] = frame(), rest_.clear();
    size_ = 1;
    return near_[0];
  }

  /// Frames by index, for range-for.
  template <class Message, class Frame>
  class basic_iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = frame;
    using difference_type = std::ptrdiff_t;
    using pointer = Frame*;
    using reference = Frame&;
    basic_iterator() = default;
    basic_iterator(Message* of, std::size_t at) noexcept : of_(of), at_(at) {}
    Frame& operator*() const noexcept { return (*of_)[at_]; }
    Frame* operator->() const noexcept { return &(*of_)[at_]; }
    basic_iterator& operator++() noexcept { return ++at_, *this; }
    basic_iterator operator++(int) noexcept { return {of_, at_++}; }
    friend bool operator==(const basic_iterator& a, const basic_iterator& b) noexcept { return a.at_ == b.at_; }

   private:
    Message* of_ = nullptr;
    std::size_t at_ = 0;
  };
  using iterator = basic_iterator<message, frame>;
  using const_iterator = basic_iterator<const message, const frame>;
  [[nodiscard]] iterator begin() noexcept { return {this, 0}; }
  [[nodiscard]] iterator end() noexcept { return {this, size_}; }
  [[nodiscard]] const_iterator begin() const noexcept { return {this, 0}; }
  [[nodiscard]] const_iterator end() const noexcept { return {this, size_}; }

  friend bool operator==(const message& a, const message& b) noexcept {
    if (a.size_ != b.size_) return false;
    for (std::size_t i = 0; i < a.size_; ++i)
      if (!(a[i] == b[i])) return false;
    return true;
  }

 private:
  // Most messages have a body, or an address or topic and a body.
  static constexpr std::size_t near = 2;

  // Only what is there is moved: of few frames, the vector and its capacity stay where they are.
  void take(message& other) noexcept {
    size_ = std::exchange(other.size_, 0);
    for (std::size_t i = 0; i < near && i < size_; ++i) near_[i] = std::move(other.near_[i]);
    if (size_ > near) rest_.swap(other.rest_);
  }

  std::size_t size_ = 0;          // beside the first frame: most who hand a message on touch nothing else
  std::array<frame, near> near_;  // empty from size_ on
  std::vector<frame> rest_;
};

}  // namespace wye
