// Closing without loss: NNG throws away what it has queued when a socket is closed, so we wait until nothing is.
#include <algorithm>

#include "socket.hpp"

namespace wye::nng {
namespace {

using std::chrono::milliseconds;

constexpr auto look_interval = milliseconds(1);
// How long nothing may happen until a connection that tells nothing is taken to be idle.
constexpr auto lull = milliseconds(50);

}  // namespace

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
    if (clock::now() >= until) {
      count(drop_reason::linger_expired, seen.in_flight);
      return !queued && seen.in_flight == 0;
    }
    changed_.wait(std::min(until, clock::now() + look_interval), [] { return false; });
  }
}

}  // namespace wye::nng
