// retry: when each request is sent again or given up. A state machine without sockets and without a clock.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <random>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include <wye/clock.hpp>
#include <wye/reqrep.hpp>

namespace wye::detail {

class retry_plan {
 public:
  explicit retry_plan(const retry_policy& policy, std::uint64_t seed) : policy_(policy), random_(seed) {}

  /// A new request, to be sent at once.
  void start(ticket which, time_point now, deadline until);
  /// It was handed to the engine.
  void sent(ticket which, time_point now);
  /// It was answered or is no longer wanted. False if it is not in flight.
  bool finish(ticket which);

  enum class verdict { send, timed_out, unreachable };
  struct step {
    ticket which;
    verdict what;
  };
  /// What is to be done now. Requests to send come again until sent() is called; given up ones come once. Stays as it
  /// is until the next call.
  const std::vector<step>& due(time_point now);
  /// When to ask again, unless something is to be sent already.
  [[nodiscard]] time_point next() const { return agenda_.empty() ? time_point::max() : agenda_.begin()->first; }
  [[nodiscard]] std::size_t in_flight() const noexcept { return requests_.size(); }
  [[nodiscard]] bool contains(ticket which) const { return requests_.contains(which); }
  [[nodiscard]] std::uint64_t retries() const noexcept { return retries_; }

 private:
  struct request {
    deadline until = deadline::never();
    int attempts = 0;        // made so far
    bool waiting = false;    // for an answer; else for its turn to be sent
    time_point change = {};  // end of the attempt, or of the pause before the next
    [[nodiscard]] time_point next() const { return std::min(change, until.at()); }
  };
  using requests = std::unordered_map<ticket, request>;
  std::optional<verdict> look_at(requests::value_type& entry, time_point now);
  void change(requests::value_type& entry, bool waiting, time_point at);
  [[nodiscard]] duration attempt_time(const request& r, time_point now) const;
  duration pause_before(int attempt);

  retry_policy policy_;
  std::minstd_rand random_;
  requests requests_;
  std::set<std::pair<time_point, ticket>> agenda_;  // when to look at each again
  std::vector<ticket> tickets_;                     // due() fills both, and they keep their memory
  std::vector<step> steps_;
  std::uint64_t retries_ = 0;
};

}  // namespace wye::detail
