#include "socket.hpp"

#include <algorithm>

namespace wye::nng {
namespace {

constexpr std::size_t largest_buffer = 8192;  // NNG 1.5.2 takes no more
constexpr int all_hops = 15;  // NNG drops what crossed more devices, unseen; we count what is above max_hops
constexpr auto retry_interval = std::chrono::microseconds(200);

// NNG holds half of the send queue, the outlet the other half. A publisher's queue is NNG's, for each subscriber.
std::size_t buffer_of(const protocol& p, const socket_options& o) noexcept {
  if (p.sending == flow::broadcast) return std::min(std::max<std::size_t>(o.send_queue, 1), largest_buffer);
  return std::min(o.send_queue / 2, largest_buffer);
}

}  // namespace

socket::socket(nng_socket opened, role as, const socket_options& options)
    : socket_(opened),
      role_(as),
      protocol_(protocol_of(as)),
      options_(options),
      books_(protocol_.sending, protocol_.pipe_queue != 0 ? protocol_.pipe_queue : buffer_of(protocol_, options),
             protocol_.pipe_queue == 0),
      links_(opened, options_) {
  const std::size_t buffer = buffer_of(protocol_, options);
  (void)nng_socket_set_int(socket_, NNG_OPT_SENDBUF, static_cast<int>(buffer));
  (void)nng_socket_set_int(socket_, NNG_OPT_MAXTTL, all_hops);
  if (protocol_.sending != flow::none)
    outlet_ = std::make_unique<outlet>(socket_, std::max<std::size_t>(1, options.send_queue - buffer), changed_);
  if (protocol_.receives)
    inlet_ = std::make_unique<inlet>(socket_, options.receive_queue, as == role::subscriber, changed_,
                                     [this](nng_msg* m) { return acceptable(m); });
  for (const nng_pipe_ev what : {NNG_PIPE_EV_ADD_PRE, NNG_PIPE_EV_ADD_POST, NNG_PIPE_EV_REM_POST})
    (void)nng_pipe_notify(socket_, what, pipe_changed, this);
  if (inlet_) inlet_->start();
}

socket::~socket() { (void)close(duration::zero()); }

// --- connections ---------------------------------------------------------------------------------------------------

endpoint socket::bind(const endpoint& at) {
  prepare_for(at);
  return links_.bind(at);
}

void socket::connect(const endpoint& to) {
  prepare_for(to);
  links_.connect(to);
}

// On ws NNG tells nothing of its queue, so there should be none: what waits, waits in the outlet, where we see it.
// Shortening a queue that is in use would lose messages.
void socket::prepare_for(const endpoint& e) {
  if (e.transport == "ws" && protocol_.sending == flow::pooled && books_.untouched())
    (void)nng_socket_set_int(socket_, NNG_OPT_SENDBUF, 0);
}

void socket::pipe_changed(nng_pipe pipe, nng_pipe_ev what, void* self) noexcept {
  auto& s = *static_cast<socket*>(self);
  const auto id = static_cast<std::uint32_t>(nng_pipe_id(pipe));
  const auto from = s.links_.origin_of(pipe);
  if (what == NNG_PIPE_EV_ADD_PRE && !from.wanted) return (void)nng_pipe_close(pipe);
  if (what == NNG_PIPE_EV_ADD_PRE) return s.peers_.candidate(id, from.remote);
  if (what == NNG_PIPE_EV_REM_POST) return s.links_.let_go(pipe), s.pipe_gone(id);
  s.books_.up(id, from.how);
  s.peers_.up(id);
  if (s.options_.probe_peers && s.role_ == role::router) s.greet(id);
  s.changed_.notify();
}

void socket::pipe_gone(std::uint32_t id) {
  books_.gone(id);
  const bool taken = role_ == role::pair && peers_.count() > 0;
  peers_.gone(
      id, taken ? "this pair already has its one peer; use push and pull, or a router, for several"
                : "the peer speaks another pattern; a " + std::string(protocol_.name) + " needs " + protocol_.partner);
  changed_.notify();
}

bool socket::next_event(socket_event& out) {
  if (peers_.next_event(out)) return true;
  links_.report_failures(peers_);
  events_seen_ = peers_.events_so_far();
  return peers_.next_event(out);
}

// --- waiting -------------------------------------------------------------------------------------------------------

bool socket::writable() {
  if (!outlet_ || closing_.load(std::memory_order_relaxed)) return false;
  if (protocol_.sending == flow::pooled && peers_.count() == 0) return false;
  if (blocked_peer_ != 0 && !books_.has_room(blocked_peer_)) return false;
  blocked_peer_ = 0;
  return outlet_->writable();
}

events socket::ready_now(events interest) {
  events now = events::none;
  if (any(interest & events::readable) && inlet_ && !inlet_->empty()) now = now | events::readable;
  if (any(interest & events::writable) && writable()) now = now | events::writable;
  return now;
}

events socket::ready(events interest) {
  const events now = ready_now(interest);
  if (any(now)) return now;
  changed_.clear_fd();
  const events after = ready_now(interest);  // what came between the first look and the clearing
  const std::uint64_t so_far = peers_.events_so_far();
  if (any(after)) changed_.set_fd();
  if (so_far != events_seen_ && std::exchange(events_told_, so_far) != so_far) changed_.set_fd();
  return after;
}

events socket::wait(events interest, time_point until) {
  const std::uint64_t events_before = peers_.events_so_far();
  events now = events::none;
  const auto holds = [&] {
    now = ready_now(interest);
    return any(now) || (interest == events::none && peers_.events_so_far() != events_before);
  };
  // NNG doesn't tell when a connection's queue has room again; so a router that waits for that asks again and again.
  const bool asking = any(interest & events::writable) && blocked_peer_ != 0;
  changed_.wait(asking ? std::min(until, clock::now() + retry_interval) : until, holds);
  return any(now) ? now : ready_now(interest);
}

void socket::poll_fds(events, std::vector<pollfd>& out) {
  if (const int fd = changed_.fd(); fd >= 0) out.push_back({fd, POLLIN, 0});
}

// --- closing -------------------------------------------------------------------------------------------------------

ledger socket::counts() const {
  ledger l;
  for (std::size_t i = 0; i < drop_reasons; ++i) l.dropped[i] = dropped_[i].load(std::memory_order_relaxed);
  if (inlet_) l.dropped[static_cast<std::size_t>(drop_reason::queue_full)] += inlet_->dropped();
  if (!outlet_) return l;
  const auto seen = books_.look();
  l.dropped[static_cast<std::size_t>(drop_reason::queue_full)] += seen.queue_full;
  l.dropped[static_cast<std::size_t>(drop_reason::peer_lost)] += seen.peer_lost;
  l.at_risk = seen.at_risk;
  if (seen.exact) l.in_flight = seen.in_flight;
  return l;
}

errc socket::close(duration linger) {
  if (shut_) return errc::ok;
  closing_.store(true, std::memory_order_relaxed);
  if (inlet_) inlet_->discard();  // unread input would make the kernel reset the connection, and lose our output
  const bool done = !outlet_ || drain(clock::now() + std::min(linger, duration(std::chrono::hours(24))));
  books_.close();
  shut();
  return done ? errc::ok : errc::timeout;
}

}  // namespace wye::nng
