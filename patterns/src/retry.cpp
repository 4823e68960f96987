#include "retry.hpp"

#include <algorithm>

namespace wye::detail {

void retry_plan::start(ticket which, time_point now, deadline until) {
  requests_[which] = {.until = until, .attempts = 0, .waiting = false, .change = now};
  agenda_.emplace(std::min(now, until.at()), which);
}

void retry_plan::change(requests::value_type& entry, bool waiting, time_point at) {
  auto& [which, r] = entry;
  auto moved = agenda_.extract({r.next(), which});
  r.waiting = waiting;
  r.change = at;
  moved.value().first = r.next();
  agenda_.insert(std::move(moved));
}

void retry_plan::sent(ticket which, time_point now) {
  const auto at = requests_.find(which);
  if (at == requests_.end()) return;
  request& r = at->second;
  if (r.attempts > 0) ++retries_;
  const duration time = attempt_time(r, now);
  ++r.attempts;
  change(*at, true, time == duration::max() ? time_point::max() : now + time);
}

bool retry_plan::finish(ticket which) {
  const auto at = requests_.find(which);
  if (at == requests_.end()) return false;
  agenda_.erase({at->second.next(), which});
  requests_.erase(at);
  return true;
}

duration retry_plan::attempt_time(const request& r, time_point now) const {
  if (policy_.attempt_timeout.count() > 0) return policy_.attempt_timeout;
  if (r.until.is_never()) return duration::max();
  return (r.until.at() - now) / std::max(1, policy_.attempts - r.attempts);
}

// Doubling with full jitter in its upper half: peers that lost the same server do not return in step.
duration retry_plan::pause_before(int attempt) {
  const int doublings = std::min(attempt - 1, 30);
  const auto most = std::min<std::int64_t>(policy_.backoff.count() << doublings, policy_.max_backoff.count());
  std::uniform_int_distribution<std::int64_t> spread(most / 2, most);
  return std::chrono::milliseconds(spread(random_));
}

const std::vector<retry_plan::step>& retry_plan::due(time_point now) {
  tickets_.clear(), steps_.clear();
  for (auto at = agenda_.begin(); at != agenda_.end() && at->first <= now; ++at) tickets_.push_back(at->second);
  for (const ticket which : tickets_)
    if (const auto what = look_at(*requests_.find(which), now)) steps_.push_back({which, *what});
  for (const step& s : steps_)
    if (s.what != verdict::send) finish(s.which);
  return steps_;
}

std::optional<retry_plan::verdict> retry_plan::look_at(requests::value_type& entry, time_point now) {
  request& r = entry.second;
  if (now >= r.until.at()) return r.attempts > 0 ? verdict::timed_out : verdict::unreachable;
  if (!r.waiting) return verdict::send;
  if (r.attempts >= policy_.attempts) return verdict::timed_out;
  change(entry, false, now + pause_before(r.attempts));
  return std::nullopt;
}

}  // namespace wye::detail
