#include "handover.hpp"

#include <algorithm>
#include <string_view>

#include "statistics.hpp"

namespace wye::nng {
namespace {

using std::chrono::milliseconds;

// NNG's queue for one ws connection holds 64 messages and tells nothing; so no more than this is given to it.
constexpr std::uint64_t ws_messages_per_millisecond = 4;

// What a publisher's connection has not moved for so long, it is taken to have dropped.
constexpr auto longest_pause = std::chrono::seconds(5);

std::uint64_t above(std::uint64_t a, std::uint64_t b) noexcept { return a > b ? a - b : 0; }

}  // namespace

void handover::up(std::uint32_t pipe, witness how) {
  const std::lock_guard guard(mutex_);
  account& a = accounts_[pipe];
  a.how = how;
  a.first = accepted_.load(std::memory_order_relaxed);
  a.paced = clock::now();
  if (how == witness::stamps && flow_ == flow::addressed) a.arrivals = std::make_unique<arrival_count>();
  if (how == witness::stamps && flow_ != flow::broadcast) stamping_.store(true, std::memory_order_relaxed);
  blind_ = blind_ || blind(a);
}

void handover::gone(std::uint32_t pipe) {
  const std::lock_guard guard(mutex_);
  const auto found = accounts_.find(pipe);
  if (found == accounts_.end() || last_) return;
  account& a = found->second;
  if (is_open(a)) ask_nng();
  settle(a);
  handed_by_gone_ += a.handed;
  dropped_by_gone_ = std::max(dropped_by_gone_, a.dropped);
  (blind(a) ? at_risk_ : lost_) += waiting_for(a);
  const bool pooled_waits = flow_ == flow::pooled && !blind_ && accepted_.load() > handed_by_all();
  accounts_.erase(found);
  if (pooled_waits) ++at_risk_;  // the one message that the connection had in its hands
}

void handover::stamp(nng_msg* m, std::uint32_t pipe) {
  if (!stamping()) return;
  const std::lock_guard guard(mutex_);
  if (flow_ == flow::pooled) return pooled_arrivals_.stamp(m);
  const auto found = accounts_.find(pipe);
  if (found != accounts_.end() && found->second.arrivals) found->second.arrivals->stamp(m);
}

void handover::accepted(std::uint32_t pipe) {
  accepted_.fetch_add(1, std::memory_order_relaxed);
  if (flow_ != flow::addressed) return;
  const std::lock_guard guard(mutex_);
  if (const auto found = accounts_.find(pipe); found != accounts_.end()) ++found->second.given;
  else ++lost_;
}

bool handover::has_room(std::uint32_t pipe) {
  const std::lock_guard guard(mutex_);
  const auto found = accounts_.find(pipe);
  if (found == accounts_.end() || waiting_for(found->second) < depth_) return true;
  if (found->second.how == witness::statistics) ask_nng();
  settle(found->second);
  return waiting_for(found->second) < depth_;
}

handover::sight handover::look() {
  const std::lock_guard guard(mutex_);
  if (last_) return *last_;
  if (!accounts_.empty()) ask_nng();
  sight s{.exact = !blind_, .queue_full = dropped_by_gone_, .peer_lost = lost_, .at_risk = at_risk_};
  for (auto& [pipe, a] : accounts_) {
    settle(a);
    s.queue_full = std::max(s.queue_full, a.dropped);
    if (blind(a)) continue;
    if (is_estimate(a) && clock::now() - a.moved >= longest_pause)
      s.queue_full = std::max(s.queue_full, a.dropped + waiting_for(a));
    else if (flow_ == flow::broadcast) s.in_flight = std::max(s.in_flight, waiting_for(a));
    else s.in_flight += waiting_for(a);
  }
  s.progress = handed_by_all();
  if (flow_ == flow::pooled && !blind_) s.in_flight = above(accepted_.load(std::memory_order_relaxed), s.progress);
  return s;
}

void handover::close() {
  sight s = look();
  s.in_flight = 0;
  const std::lock_guard guard(mutex_);
  last_ = s;
}

// Whether nobody can tell what the connection has handed over. NNG copies a broadcast message, and the stamp is lost.
bool handover::blind(const account& a) const noexcept {
  return a.how == witness::nothing || (a.how == witness::stamps && flow_ == flow::broadcast);
}

// Whether NNG may know more of what the connection was given than we do. Asking takes time in proportion to all
// connections: with one question for each of a crowd that leaves, whoever comes and goes quickly would keep us busy.
bool handover::is_open(const account& a) const noexcept {
  if (flow_ == flow::pooled) return accepted_.load(std::memory_order_relaxed) > handed_by_all();
  return waiting_for(a) > 0;
}

// Reads the statistics of our connections.
void handover::ask_nng() {
  const statistics all;
  all.for_each([this](nng_stat* scope) {
    if (std::string_view(nng_stat_name(scope)) != "pipe") return;
    const auto found = accounts_.find(static_cast<std::uint32_t>(statistics::value(scope, "id")));
    if (found == accounts_.end() || found->second.how != witness::statistics) return;
    found->second.handed = statistics::value(scope, "tx_msgs");
  });
}

// Whether what waits for it may have been dropped long ago: NNG tells only what it wrote, and so the drops since the
// last look are known only if the queue is still full.
bool handover::is_estimate(const account& a) const noexcept { return flow_ == flow::broadcast && direct_ && !blind(a); }

// Brings an account up to date with what does not need NNG's statistics.
void handover::settle(account& a) {
  const std::uint64_t moves = accepted_.load(std::memory_order_relaxed) + a.handed;
  if (std::exchange(a.moves, moves) != moves) a.moved = clock::now();
  if (a.arrivals) a.handed = a.arrivals->value();
  if (a.how == witness::nothing && flow_ == flow::addressed) {
    const auto passed = std::chrono::duration_cast<milliseconds>(clock::now() - a.paced).count();
    a.paced += milliseconds(passed);
    a.handed = std::min(a.given, a.handed + static_cast<std::uint64_t>(passed) * ws_messages_per_millisecond);
  }
  if (!is_estimate(a)) return;
  // A connection holds `depth` messages and one that is being written: what waits beyond that was dropped.
  a.dropped += above(waiting_for(a), depth_ + 1);
}

std::uint64_t handover::waiting_for(const account& a) const noexcept {
  if (flow_ == flow::addressed) return above(a.given, a.handed);
  if (flow_ == flow::broadcast && !blind(a))
    return above(accepted_.load(std::memory_order_relaxed), a.first + a.handed + a.dropped);
  return 0;
}

std::uint64_t handover::handed_by_all() const noexcept {
  std::uint64_t sum = handed_by_gone_ + pooled_arrivals_.value();
  for (const auto& [pipe, a] : accounts_) sum += a.handed;
  return sum;
}

}  // namespace wye::nng
