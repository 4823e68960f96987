// Closing without loss: NNG throws away what it has queued when a socket is closed, so we wait until nothing is.
#include <nng/nng.h>

#include <algorithm>

#include "socket.hpp"
#include "stillness.hpp"

namespace wye::nng {
namespace {

using std::chrono::milliseconds;

constexpr auto look_interval = milliseconds(1);
// How long nothing may happen until a connection that tells nothing is taken to be idle.
constexpr auto lull = milliseconds(50);

// How long the connections get to come to rest before they are closed.
constexpr auto rest = milliseconds(300);

// Closing two sockets at once is where NNG 1.5.2 has most of its races.
std::mutex& one_closes_at_a_time() {
  static std::mutex m;
  return m;
}

}  // namespace

// Stillness comes sooner if nothing more is moved: we take nothing, so that the peers run into back-pressure. A
// subscriber's don't; each of those is closed when it delivers, which is a safe moment, too.
void socket::part() noexcept {
  if (role_ == role::subscriber) parting_.store(links::every_link, std::memory_order_relaxed);
  else if (inlet_) inlet_->stop();
  if (outlet_) outlet_->stop();
  links_.remove_all(clock::now() + rest);
  if (inlet_) inlet_->stop();
}

void socket::shut() noexcept {
  shut_ = true;
  const std::lock_guard guard(one_closes_at_a_time());
  part();
  (void)nng_close(socket_);
}

// The same for one link.
void socket::remove(const endpoint& which) {
  const int link = links_.number_of(which);
  if (links_.leaves_by_itself(link)) return;
  if (role_ == role::subscriber) parting_.store(link, std::memory_order_relaxed);
  else if (inlet_) inlet_->pause();
  {
    const std::lock_guard guard(one_closes_at_a_time());
    links_.remove(link, clock::now() + rest);
  }
  parting_.store(0, std::memory_order_relaxed);
  if (inlet_) inlet_->resume();
}

// The linger is over. True if nothing was left.
bool socket::cut_short() {
  const std::uint64_t waiting = outlet_->waiting();
  outlet_->stop();
  // A buffer that shrinks drops its messages. (A dealer's would read beyond its end while it does.)
  if (protocol_.pipe_queue == 0 && !protocol_.raw)
    (void)nng_socket_set_int(socket_, NNG_OPT_SENDBUF, protocol_.sending == flow::broadcast ? 1 : 0);
  await_stillness(clock::now() + rest);  // what is on its way may still arrive
  const std::uint64_t left = std::max(books_.look().in_flight, waiting);
  count(drop_reason::linger_expired, left);
  return left == 0;
}

// True if everything was handed over.
bool socket::drain(time_point until) {
  std::uint64_t progress = 0;
  time_point last_progress = clock::now();
  for (;;) {
    const auto seen = books_.look();
    const std::uint64_t now_progress = seen.progress + process_arrivals();
    if (std::exchange(progress, now_progress) != now_progress) last_progress = clock::now();
    const bool idle = clock::now() - last_progress >= lull;
    const bool queued = outlet_->waiting() != 0;
    // A connection that died took at most one message of a shared queue with it; those will never be handed over.
    const bool only_lost = protocol_.sending == flow::pooled && seen.in_flight <= seen.at_risk && idle;
    if (!queued && (seen.in_flight == 0 || only_lost) && (seen.exact || idle)) {
      count(drop_reason::peer_lost, seen.in_flight);
      return true;
    }
    // What NNG drops for a slow peer of a bus or survey is never handed over either.
    const bool broadcast_done = protocol_.sending == flow::broadcast && protocol_.pipe_queue != 0 && idle;
    if (!queued && broadcast_done) {
      count(drop_reason::queue_full, seen.in_flight);
      return true;
    }
    if (clock::now() >= until) return cut_short();
    changed_.wait(std::min(until, clock::now() + look_interval), [] { return false; });
  }
}

}  // namespace wye::nng
