// last_value: the newest message of each topic.
#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <map>
#include <string>
#include <string_view>

#include <wye/message.hpp>

namespace wye::devices {

/// Pure: no socket, no clock. Bounded by count and bytes: the topics not renewed for longest are forgotten first.
class last_value {
 public:
  last_value(std::size_t max_values, std::size_t max_bytes) : max_values_(max_values), max_bytes_(max_bytes) {}

  /// Remembers `m` under its frame 0. One whose body is empty, or that alone is above the bound, only makes its topic
  /// forgotten.
  void put(const message& m);

  /// A place in a walk over all topics that begin with a prefix, in order; stays good while topics come and go.
  struct walk {
    std::string prefix;
    std::string next;  ///< the first topic not yet visited
  };
  [[nodiscard]] static walk from(std::string_view prefix) { return {std::string(prefix), std::string(prefix)}; }
  /// The next message of the walk, or null at its end.
  const message* step(walk& at) const;

  [[nodiscard]] std::size_t size() const noexcept { return values_.size(); }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

 private:
  struct value {
    message content;
    std::list<const std::string*>::iterator age;
  };
  using table = std::map<std::string, value, std::less<>>;
  static std::size_t cost(const std::string& topic, const message& m) noexcept { return topic.size() + m.byte_size(); }
  void forget(table::iterator which);

  std::size_t max_values_, max_bytes_;
  std::size_t bytes_ = 0;
  table values_;
  std::list<const std::string*> by_age_;  // oldest first; points at the keys of values_
};

}  // namespace wye::devices
