#include "board.hpp"

#include <algorithm>

namespace wye::zmq_engine {
namespace {

constexpr std::size_t max_events = 4096;

}  // namespace

void board::note(socket_event event) {
  if (events_.size() >= max_events) {
    events_.pop_front();
    events_.front() = {.what = socket_event::kind::events_lost, .peer = 0, .endpoint = {}, .detail = {}, .topic = {}};
  }
  events_.push_back(std::move(event));
  call_owner();
}

// The flag and the descriptor change together, under the lock: else the owner could clear what has just been set again,
// and would then sleep through everything that follows, or find set what nothing clears any more, and never sleep.
void board::call_owner() noexcept {
  if (!unseen_.exchange(true, std::memory_order_relaxed)) changed_.set();
}

void board::looked_at() noexcept {
  if (!has_news()) return;
  const std::lock_guard lock(mutex_);
  changed_.clear();
  unseen_.store(false, std::memory_order_relaxed);
}

void board::ask_reconnect() noexcept {
  const std::lock_guard lock(mutex_);
  reconnect_.store(true, std::memory_order_release);
  call_owner();
}

void board::post(socket_event event) {
  const std::lock_guard lock(mutex_);
  note(std::move(event));
}

void board::up(std::int64_t key, const std::string& endpoint) {
  const std::lock_guard lock(mutex_);
  const auto [at, added] = peers_.try_emplace(key, peer{{last_id_ + 1, endpoint}, accepted_count()});
  if (!added) return;
  ++last_id_;
  pause_ = again_.min;
  count_.store(peers_.size(), std::memory_order_release);
  changes_.fetch_add(1, std::memory_order_release);
  note({.what = socket_event::kind::peer_up,
        .peer = at->second.info.id,
        .endpoint = endpoint,
        .detail = {},
        .topic = {}});
}

void board::take_down(std::map<std::int64_t, peer>::iterator at, bool may_lose) {
  const peer gone = at->second;
  peers_.erase(at);
  count_.store(peers_.size(), std::memory_order_release);
  changes_.fetch_add(1, std::memory_order_release);
  if (may_lose && queues_per_peer())
    add_risk(std::min<std::uint64_t>(send_queue_, accepted_count() - gone.accepted_before));
  note({.what = socket_event::kind::peer_down,
        .peer = gone.info.id,
        .endpoint = gone.info.endpoint,
        .detail = {},
        .topic = {}});
}

bool board::rename(std::int64_t key, std::int64_t other, const std::string& endpoint) {
  const std::lock_guard lock(mutex_);
  auto moved = peers_.extract(key);
  if (moved.empty()) return false;
  moved.key() = other;
  moved.mapped().info.endpoint = endpoint;
  peers_.insert(std::move(moved));
  changes_.fetch_add(1, std::memory_order_release);
  return true;
}

bool board::down(std::int64_t key, bool may_lose) {
  const std::lock_guard lock(mutex_);
  const auto at = peers_.find(key);
  if (at == peers_.end()) return false;
  take_down(at, may_lose);
  return true;
}

void board::down_all(const std::string& endpoint) {
  const std::lock_guard lock(mutex_);
  for (auto at = peers_.begin(); at != peers_.end();) {
    const auto next = std::next(at);
    if (at->second.info.endpoint == endpoint) take_down(at, true);
    at = next;
  }
  lost_.erase(endpoint);
  any_lost_ = !lost_.empty();
}

bool board::has_event() const {
  const std::lock_guard lock(mutex_);
  return !events_.empty();
}

bool board::next_event(socket_event& out) {
  const std::lock_guard lock(mutex_);
  if (events_.empty()) return false;
  out = std::move(events_.front());
  events_.pop_front();
  return true;
}

std::vector<peer_info> board::peers() const {
  const std::lock_guard lock(mutex_);
  std::vector<peer_info> all;
  all.reserve(peers_.size());
  for (const auto& [key, p] : peers_) all.push_back(p.info);
  return all;
}

void board::lose(const std::string& endpoint) {
  const auto [at, added] = lost_.try_emplace(endpoint);
  if (!added) return;
  const double share = std::uniform_real_distribution<>(1.0, 1.5)(jitter_);
  at->second.due = clock::now() + std::chrono::duration_cast<duration>(share * pause_);
  pause_ = std::min(2 * pause_, again_.max);
  any_lost_ = true;
}

void board::lost(const std::string& endpoint) {
  const std::lock_guard lock(mutex_);
  lose(endpoint);
}

// Where the owner connects, libzmq is told to wait for ever.
void board::retried(const std::string& endpoint) {
  const std::lock_guard lock(mutex_);
  if (again_.by_owner) return lose(endpoint);
  lost_.erase(endpoint);
  any_lost_ = !lost_.empty();
}

std::vector<std::string> board::take_due() {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> due;
  const auto now = clock::now();
  for (const auto& [endpoint, l] : lost_)
    if (l.due <= now) due.push_back(endpoint);
  for (const auto& endpoint : due) lost_.erase(endpoint);
  any_lost_ = !lost_.empty();
  return due;
}

time_point board::call_when_due() {
  if (!any_lost()) return time_point::max();
  const std::lock_guard lock(mutex_);
  auto next = time_point::max();
  const auto now = clock::now();
  for (auto& [endpoint, l] : lost_) {
    if (l.told) continue;
    if (l.due > now) next = std::min(next, l.due);
    else l.told = true, call_owner();
  }
  return next;
}

void board::call() {
  const std::lock_guard lock(mutex_);
  call_owner();
}

std::vector<int> board::descriptors() const {
  const std::lock_guard lock(mutex_);
  std::vector<int> all;
  for (const auto& [key, p] : peers_)
    if (key < first_inproc_key) all.push_back(static_cast<int>(key));
  return all;
}

std::vector<int> board::descriptors(const std::string& endpoint) const {
  const std::lock_guard lock(mutex_);
  std::vector<int> all;
  for (const auto& [key, p] : peers_)
    if (key < first_inproc_key && p.info.endpoint == endpoint) all.push_back(static_cast<int>(key));
  return all;
}

void board::finished() {
  const std::lock_guard lock(mutex_);
  finished_ = true;
  peers_.clear();
  count_.store(0, std::memory_order_release);
  finished_signal_.notify_all();
}

bool board::wait_finished(deadline until) {
  std::unique_lock lock(mutex_);
  if (until.is_never()) {
    finished_signal_.wait(lock, [this] { return finished_; });
    return true;
  }
  return finished_signal_.wait_until(lock, until.at(), [this] { return finished_; });
}

}  // namespace wye::zmq_engine
