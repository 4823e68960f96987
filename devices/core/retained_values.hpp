// retained_values: the last message of each topic, published again to whoever comes later.
#pragma once

#include <algorithm>
#include <deque>

#include "last_value.hpp"
#include "side.hpp"

namespace wye::devices {

/// For a side that publishes.
class retained_values {
 public:
  retained_values(side& to, std::size_t max_values, std::size_t max_bytes) : to_(to), values_(max_values, max_bytes) {}

  /// Room for a whole cache at once: a publisher drops what does not fit.
  static socket_options roomy(socket_options o, std::size_t max_values) {
    o.send_queue = std::max(o.send_queue, std::min(max_values, most_queued));
    return o;
  }

  /// Remembers it; one whose body is empty makes its topic forgotten.
  void put(const message& m) { values_.put(m); }
  /// Something happened at a socket of the side: who subscribes gets what it matches.
  void note(std::size_t from, const socket_event& event);
  /// Publishes up to `most` of what is due; returns how many.
  std::size_t send_some(std::size_t most);

  [[nodiscard]] bool pending() const noexcept { return !replays_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return values_.size(); }

 private:
  static constexpr std::size_t most_queued = 1'000'000;
  // Remembered messages on their way to whom came later, on one of the side's sockets.
  struct replay {
    std::size_t socket;
    last_value::walk at;
  };
  void start(std::size_t socket, std::string_view prefix);

  side& to_;
  last_value values_;
  std::deque<replay> replays_;
  message copy_;
};

}  // namespace wye::devices
