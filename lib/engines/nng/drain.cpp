// Closing without loss: NNG throws away what it has queued when a socket is closed, so we wait until nothing is.
#include <nng/nng.h>
#include <nng/supplemental/util/platform.h>

#include <algorithm>
#include <string_view>

#include "socket.hpp"
#include "statistics.hpp"

namespace wye::nng {
namespace {

using std::chrono::milliseconds;

constexpr auto look_interval = milliseconds(1);
// How long nothing may happen until a connection that tells nothing is taken to be idle.
constexpr auto lull = milliseconds(50);

// How often in a row a look must find nothing new, and how often we look at most.
constexpr int quiet_looks = 3;
constexpr int most_looks = 50;

// Messages received so far by the socket numbered `id`.
std::uint64_t received_by(std::uint64_t id) noexcept {
  std::uint64_t sum = 0;
  const statistics all;
  all.for_each([&](nng_stat* scope) {
    if (std::string_view(nng_stat_name(scope)) == "pipe" && statistics::value(scope, "socket") == id)
      sum += statistics::value(scope, "rx_msgs");
  });
  return sum;
}

}  // namespace

// NNG 1.5.2 hangs for ever, and with it every later close in the process, if a connection is closed between the length
// and the body of a message that it is receiving. So let the connections run into back-pressure first: we take nothing
// more, and each stops after the message at hand. A subscriber's never stop; those are closed one by one at the only
// moment when they surely do not receive: while they deliver.
void socket::quiesce() noexcept {
  if (role_ == role::subscriber) parting_.store(true, std::memory_order_relaxed);
  else inlet_->stop();
  const auto id = static_cast<std::uint64_t>(nng_socket_id(socket_));
  std::uint64_t before = 0;
  for (int looks = 0, quiet = 0; peers_.count() != 0 && quiet < quiet_looks && looks < most_looks; ++looks) {
    const std::uint64_t now = received_by(id);
    quiet = std::exchange(before, now) == now ? quiet + 1 : 0;
    nng_msleep(static_cast<nng_duration>(look_interval.count()));
  }
  inlet_->stop();
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
    if (clock::now() >= until) {
      count(drop_reason::linger_expired, std::max<std::uint64_t>(seen.in_flight, outlet_->waiting()));
      return !queued && seen.in_flight == 0;
    }
    changed_.wait(std::min(until, clock::now() + look_interval), [] { return false; });
  }
}

}  // namespace wye::nng
