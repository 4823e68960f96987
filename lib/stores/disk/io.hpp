// io: all that the disk store asks of a file system. The real one, and in the tests a simulated disk that loses power.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <wye/frame.hpp>
#include <wye/result.hpp>

namespace wye::disk {

/// An open file. Reads may run beside a sync() on another thread. Failures name the path and the cause:
/// no_space (also a quota or a limit on the size of files), permission, not_found, exists, limit (descriptors), else
/// io.
class file {
 public:
  file() = default;
  file(const file&) = delete;
  file& operator=(const file&) = delete;
  virtual ~file() = default;

  /// Fills `into` from `offset` on; returns how much there was: less only at the end of the file.
  virtual result<std::size_t> read(std::uint64_t offset, std::span<std::byte> into) const = 0;
  /// Writes all of it, or fails and may have written some.
  virtual result<void> write(std::uint64_t offset, bytes_view bytes) = 0;
  /// Makes durable what was written and how long the file is (fdatasync).
  virtual result<void> sync() = 0;
  /// Makes the file `size` bytes long, with room on the medium for all of it where the file system can promise that;
  /// what is new reads as zero. A small addition is written, so that a sync of what comes there later is quick.
  virtual result<void> allocate(std::uint64_t size) = 0;
  /// Cuts the file to `size` bytes.
  virtual result<void> truncate(std::uint64_t size) = 0;
  [[nodiscard]] virtual result<std::uint64_t> size() const = 0;
};

enum class open_mode : std::uint8_t {
  read,
  write,   ///< and read; the file exists
  create,  ///< and read and write; exists if there is one
};

/// Files and directories by path. Any thread. What a directory holds is durable after sync_directory().
class io {
 public:
  io() = default;
  io(const io&) = delete;
  io& operator=(const io&) = delete;
  virtual ~io() = default;

  virtual result<std::shared_ptr<file>> open(const std::string& path, open_mode mode) = 0;
  /// Held until it is released or the process ends. address_in_use names the process that has it.
  virtual result<std::shared_ptr<void>> lock(const std::string& path) = 0;
  virtual result<std::vector<std::string>> list(const std::string& directory) = 0;
  /// Succeeds if it is there already.
  virtual result<void> make_directory(const std::string& path) = 0;
  /// Only an empty one.
  virtual result<void> remove_directory(const std::string& path) = 0;
  virtual result<void> rename(const std::string& from, const std::string& to) = 0;
  virtual result<void> unlink(const std::string& path) = 0;
  virtual result<void> sync_directory(const std::string& path) = 0;
  /// Bytes that may still be written below `directory`.
  virtual result<std::uint64_t> free_space(const std::string& directory) = 0;
};

std::unique_ptr<io> make_real_io();

}  // namespace wye::disk
