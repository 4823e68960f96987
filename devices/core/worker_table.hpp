// worker_table: the registered workers of a queue: how busy they are, and when they were last heard.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <wye/clock.hpp>

namespace wye::devices {

/// Pure: no socket; the time is passed in. A worker is named by the backend socket it is connected to and its identity.
class worker_table {
 public:
  /// Names a worker while it is here. Numbers are used again.
  using id = std::uint32_t;

  /// `patience`: how long a worker may be silent.
  worker_table(std::size_t max_workers, duration patience) : max_workers_(max_workers), patience_(patience) {}

  struct worker {
    std::string identity;
    std::size_t socket = 0;
    std::size_t capacity = 1;
    std::size_t outstanding = 0;
    time_point heard{};
    time_point rests_until{};     ///< its queue was full: gets nothing before
    std::uint64_t last_used = 0;  ///< on a scale of all uses
    bool leaving = false;
    bool missed = false;
    bool here = false;
  };

  [[nodiscard]] std::optional<id> find(std::size_t socket, std::string_view identity) const;
  [[nodiscard]] const worker& operator[](id w) const noexcept { return all_[w]; }
  [[nodiscard]] std::size_t size() const noexcept { return count_; }

  /// Registers a worker that is not known yet. nullopt: no room.
  std::optional<id> add(std::size_t socket, std::string_view identity, std::size_t capacity, time_point now);
  /// Forgets one, whatever it has.
  void remove(id w);

  /// It said something.
  void heard(id w, time_point now) noexcept { all_[w].heard = now; }
  /// It will leave: gets nothing more. True if it has nothing outstanding, so that it can be removed at once.
  bool leave(id w) noexcept;
  /// It can't be reached.
  void miss(id w) noexcept { all_[w].missed = true; }
  /// Its queue is full: it gets nothing until `until`.
  void rest(id w, time_point until) noexcept { all_[w].rests_until = until; }

  /// The least busy worker that may get one more: the lowest outstanding ÷ capacity, then the one unused for longest.
  [[nodiscard]] std::optional<id> choose(time_point now) const noexcept;
  /// It got a request; it answered one, or lost it. done() is true if it was leaving and that was its last.
  void give(id w) noexcept;
  bool done(id w) noexcept;

  /// Calls `seen(id)` for each worker; it may remove that one.
  template <class Seen>
  void each(Seen&& seen) {
    for (id w = 0; w < all_.size(); ++w)
      if (all_[w].here) seen(w);
  }
  /// Whether it was silent for too long.
  [[nodiscard]] bool silent(id w, time_point now) const noexcept { return now - all_[w].heard > patience_; }

 private:
  struct hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const noexcept { return std::hash<std::string_view>()(s); }
  };
  using names = std::unordered_map<std::string, id, hash, std::equal_to<>>;

  std::size_t max_workers_;
  duration patience_;
  std::vector<worker> all_;
  std::vector<id> spare_;
  std::vector<names> by_name_;  // by socket
  std::size_t count_ = 0;
  std::uint64_t uses_ = 0;
};

}  // namespace wye::devices
