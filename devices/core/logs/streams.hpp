// streams: the streams of a store, what they are told, and which message goes where.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <wye/cursors.hpp>
#include <wye/store.hpp>
#include <wye/stream_settings.hpp>

#include "partition.hpp"

namespace wye::devices::logs {

/// A stream and its partitions. Stays where it is.
struct stream {
  std::string name;
  stream_settings settings;
  sequence order = 0;  ///< of its declaration
  std::vector<std::unique_ptr<partition>> partitions;

  /// The partition for messages with that key.
  [[nodiscard]] std::uint32_t partition_of(std::string_view key) const noexcept;
};

class streams {
 public:
  static constexpr std::string_view fallback = "default";

  /// Opens what is there, and the default stream. Throws wye::error: io, malformed, no_space.
  explicit streams(store& in);

  /// The stream that takes messages of that topic.
  [[nodiscard]] stream& of(std::string_view topic) noexcept;
  /// Null if there is none. An empty name is the default stream.
  [[nodiscard]] stream* find(std::string_view name) noexcept;
  /// The same as a result: not_found, with a sentence.
  [[nodiscard]] result<stream*> get(std::string_view name);
  /// In the order of their names.
  [[nodiscard]] const std::map<std::string, std::unique_ptr<stream>, std::less<>>& all() const noexcept { return all_; }

  /// Makes it; false if there is one with these settings. `settings` is a map of the protocol. Errors: exists,
  /// bad_option, malformed, limit, too_large (a map above 4 KiB), and those of the store.
  result<bool> declare(std::string_view name, std::string_view settings);
  /// Changes what the map names. Errors: not_found, wrong_state (partitions), and those of declare.
  result<void> set(std::string_view name, std::string_view settings);
  /// Removes it with its messages. Nobody reads from it any more. Errors: not_found, wrong_state (the default).
  result<void> remove(std::string_view name);

 private:
  result<void> open(std::string_view name, const stream_settings& settings, sequence order);
  result<void> keep(const stream& s);
  void sort();

  store& store_;
  cursors declared_;  // name → order of declaration, settings
  std::map<std::string, std::unique_ptr<stream>, std::less<>> all_;
  std::vector<stream*> by_order_;
  stream* rest_ = nullptr;  // the default stream takes what no other does
};

/// The log of one partition, as it is called in the store.
std::string log_name(std::string_view stream, std::size_t partition);

}  // namespace wye::devices::logs
