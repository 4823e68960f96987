// msgpack_writer: msgpack-c's packer, appending to a text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <msgpack.hpp>

namespace wye::detail {

class msgpack_writer {
 public:
  explicit msgpack_writer(std::string& to) : stream_{to}, pack_(stream_) {}

  void map(std::size_t pairs) { pack_.pack_map(static_cast<std::uint32_t>(pairs)); }
  void array(std::size_t elements) { pack_.pack_array(static_cast<std::uint32_t>(elements)); }
  void number(std::uint64_t n) { pack_.pack_uint64(n); }
  void boolean(bool b) { b ? pack_.pack_true() : pack_.pack_false(); }
  void text(std::string_view t) { pack_.pack_str(size(t)).pack_str_body(t.data(), size(t)); }
  void binary(std::string_view b) { pack_.pack_bin(size(b)).pack_bin_body(b.data(), size(b)); }
  /// Bytes that are msgpack already.
  void raw(std::string_view bytes) { stream_.to.append(bytes); }

 private:
  static std::uint32_t size(std::string_view t) { return static_cast<std::uint32_t>(t.size()); }
  struct stream {
    std::string& to;
    void write(const char* bytes, std::size_t count) { to.append(bytes, count); }
  };
  stream stream_;
  msgpack::packer<stream> pack_;
};

/// A map of at most 15 pairs whose number shows only as they are written.
class short_map {
 public:
  explicit short_map(std::string& to) : to_(to), at_(to.size()), writer_(to) { to.push_back('\x80'); }
  short_map(const short_map&) = delete;
  short_map& operator=(const short_map&) = delete;
  /// Begins a pair; write its value into what this returns.
  msgpack_writer& key(std::string_view name) {
    ++to_[at_];
    writer_.text(name);
    return writer_;
  }
  void number(std::string_view name, std::uint64_t n) { key(name).number(n); }
  void text(std::string_view name, std::string_view t) { key(name).text(t); }
  void boolean(std::string_view name, bool b) { key(name).boolean(b); }
  /// Adds pairs that are msgpack already.
  void splice(std::size_t pairs, std::string_view bytes) {
    to_[at_] = static_cast<char>(to_[at_] + static_cast<char>(pairs));
    writer_.raw(bytes);
  }

 private:
  std::string& to_;
  std::size_t at_;
  msgpack_writer writer_;
};

}  // namespace wye::detail
