// Typed messages in msgpack (https://github.com/msgpack/msgpack/blob/master/spec.md). Opt-in: pulls in <msgpack.hpp>.
#pragma once

#include <string>

#include <msgpack.hpp>

#include <wye/codec.hpp>

namespace wye {

/// Bounds on what a peer's msgpack may make us allocate. Elements, or bytes for str, bin and ext.
inline msgpack::unpack_limit unpack_bounds() {
  return {1u << 20, 1u << 20, 64u << 20, 64u << 20, 64u << 20, 64};  // array, map, str, bin, ext, depth
}

/// Any type that msgpack can pack and convert: numbers, strings, containers, and structs with MSGPACK_DEFINE.
/// One frame. Trailing bytes after the value make it errc::malformed.
template <class T>
requires(!is_raw_type<T>) struct codec<T> {
  static void append(const T& value, message& to) {
    msgpack::sbuffer buffer;
    msgpack::pack(buffer, value);
    to.push_back(frame::copy_of(std::string_view(buffer.data(), buffer.size())));
  }

  static result<T> read(message body) {
    if (body.size() != 1)
      return failure(errc::malformed, "expected one frame of msgpack, got " + std::to_string(body.size()));
    const std::string_view bytes = body.text();
    try {
      std::size_t end = 0;
      const msgpack::object_handle handle =
          msgpack::unpack(bytes.data(), bytes.size(), end, nullptr, nullptr, unpack_bounds());
      if (end != bytes.size()) return failure(errc::malformed, "bytes left after the msgpack value");
      return handle.get().as<T>();
    } catch (const std::exception& why) {
      return failure(errc::malformed, std::string("not the expected msgpack value: ") + why.what());
    }
  }
};

}  // namespace wye
