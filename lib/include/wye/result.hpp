// result<T>: what the data path returns. Shaped like std::expected of C++23.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <wye/error.hpp>

namespace wye {

/// Why a call did not succeed: a code, and (off the hot path) a sentence. Cheap to make without a sentence.
class failure {
 public:
  failure(errc code) noexcept : code_(code) {}  // NOLINT(google-explicit-constructor): `return errc::timeout;`
  failure(errc code, std::string detail)
      : code_(code), detail_(std::make_shared<const std::string>(std::move(detail))) {}

  [[nodiscard]] errc code() const noexcept { return code_; }

  /// A sentence for people: the detail if there is one, else the code's own text.
  [[nodiscard]] std::string message() const { return detail_ ? *detail_ : make_error_code(code_).message(); }

  friend bool operator==(const failure& a, errc b) noexcept { return a.code_ == b; }

 private:
  errc code_;
  std::shared_ptr<const std::string> detail_;
};

/// A value or a failure. Like std::expected<T, failure>: `if (r) use(*r); else report(r.error());`
template <class T>
class [[nodiscard]] result {
 public:
  /// A value-initialised T, to be filled in place.
  result() = default;
  result(T&& value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT(google-explicit-constructor)
  result(const T& value) : state_(std::in_place_index<0>, value) {}        // NOLINT(google-explicit-constructor)
  result(failure why) : state_(std::in_place_index<1>, std::move(why)) {}  // NOLINT(google-explicit-constructor)
  result(errc code) : state_(std::in_place_index<1>, code) {}              // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  /// The value; the behaviour is undefined when there is none, as with std::expected.
  T& operator*() & noexcept { return *std::get_if<0>(&state_); }
  const T& operator*() const& noexcept { return *std::get_if<0>(&state_); }
  T&& operator*() && noexcept { return std::move(*std::get_if<0>(&state_)); }
  T* operator->() noexcept { return std::get_if<0>(&state_); }
  const T* operator->() const noexcept { return std::get_if<0>(&state_); }

  /// The value, or throws wye::error: for one-line scripts.
  T& value() & { return check(), **this; }
  const T& value() const& { return check(), **this; }
  T&& value() && { return check(), std::move(**this); }
  template <class U>
  [[nodiscard]] T value_or(U&& other) const& {
    return has_value() ? **this : static_cast<T>(std::forward<U>(other));
  }

  /// The failure; undefined when there is a value.
  [[nodiscard]] const failure& error() const noexcept { return *std::get_if<1>(&state_); }

  /// The failure's code, or errc::ok.
  [[nodiscard]] errc code() const noexcept { return has_value() ? errc::ok : error().code(); }

 private:
  void check() const {
    if (!has_value()) throw wye::error(error().code(), error().message());
  }

  std::variant<T, failure> state_;
};

/// Success or a failure.
template <>
class [[nodiscard]] result<void> {
 public:
  result() noexcept : why_(errc::ok) {}
  result(failure why) noexcept : why_(std::move(why)) {}  // NOLINT(google-explicit-constructor)
  result(errc code) noexcept : why_(code) {}              // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool has_value() const noexcept { return why_.code() == errc::ok; }
  explicit operator bool() const noexcept { return has_value(); }
  /// Throws wye::error on failure.
  void value() const {
    if (!has_value()) throw wye::error(why_.code(), why_.message());
  }
  [[nodiscard]] const failure& error() const noexcept { return why_; }
  [[nodiscard]] errc code() const noexcept { return why_.code(); }

 private:
  failure why_;
};

}  // namespace wye
