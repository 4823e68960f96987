// codec<T>: how a typed socket turns a T into a body and back.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <wye/message.hpp>
#include <wye/result.hpp>

namespace wye {

/// Specialise for your own types, or include <wye/msgpack.hpp> for everything msgpack knows. A codec has
///   static void append(const T& value, message& to);        adds the body's frames
///   static result<T> read(message body);                    errc::malformed if it is not a T
/// Both may be called from any thread.
template <class T>
struct codec;

/// Raw: the message's frames as they are.
template <>
struct codec<message> {
  static void append(const message& value, message& to) {
    for (const frame& f : value) to.push_back(f);
  }
  static void append(message&& value, message& to) {
    for (frame& f : value) to.push_back(std::move(f));
  }
  static result<message> read(message body) { return body; }
};

/// Text or bytes in one frame, without any encoding.
template <>
struct codec<std::string> {
  static void append(const std::string& value, message& to) { to.push_back(frame::copy_of(value)); }
  static result<std::string> read(const message& body) {
    if (body.size() != 1)
      return failure(errc::malformed, "expected one frame of text, got " + std::to_string(body.size()));
    return std::string(body.text());
  }
};

/// True for the types that need no <wye/msgpack.hpp>.
template <class T>
inline constexpr bool is_raw_type = std::is_same_v<T, message> || std::is_same_v<T, std::string>;

}  // namespace wye
