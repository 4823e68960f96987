#include "socket.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>
#include <limits>

#include <wye/batch.hpp>

#include "addresses.hpp"
#include "errors.hpp"
#include "farewell.hpp"
#include "frames.hpp"
#include "open_file.hpp"

namespace wye::zmq_engine {
namespace {

// libzmq speaks ZMTP 1.0 to whoever does not begin like a newer peer, and then any bytes may make a message. A ZAP
// domain, which those old versions cannot carry, makes it refuse them; without a ZAP handler it has no other effect.
constexpr std::string_view newer_peers_only = "wye";
constexpr int connection_backlog = 1024;
constexpr int never_again = std::numeric_limits<int>::max();  // milliseconds: the owner connects again, not libzmq
constexpr auto disconnect_time = std::chrono::seconds(1);

int type_of(role r) {
  switch (r) {
    case role::publisher: return ZMQ_XPUB;
    case role::subscriber: return ZMQ_SUB;
    case role::push: return ZMQ_PUSH;
    case role::pull: return ZMQ_PULL;
    case role::router: return ZMQ_ROUTER;
    case role::dealer: return ZMQ_DEALER;
    case role::pair: return ZMQ_PAIR;
    default: throw error(errc::not_supported, "ZeroMQ has no " + std::string(name_of(r)));
  }
}

// Each connection of Wye says in its handshake that it reads batches (ZMTP metadata; the number is that of
// ZMQ_METADATA, which the header shows to draft builds only, but the library takes it).
constexpr int metadata_option = 95;
constexpr std::string_view reads_batches_text = "X-Wye-Batch:1";

reconnecting again(bool by_owner, const socket_options& o) {
  return by_owner ? reconnecting{.by_owner = true, .min = o.reconnect_min, .max = o.reconnect_max} : reconnecting{};
}

int milliseconds_of(std::chrono::milliseconds t) { return static_cast<int>(t.count()); }

}  // namespace

bool waits_for_peer(role r) noexcept { return r == role::push || r == role::dealer || r == role::pair; }

std::size_t most_peers(role r, const socket_options& o) {
  return o.max_queue_bytes == 0 ? std::numeric_limits<std::size_t>::max() : o.max_queue_bytes / queue_bytes(r, o);
}

zmq_socket::zmq_socket(shared_core& core, role as, const socket_options& options)
    : core_(core),
      as_(as),
      options_(options),
      max_message_(options.max_message),
      lossy_(as == role::publisher && options.overflow == overflow::drop),
      sees_batches_(as == role::publisher || options.batch),
      needs_peer_(waits_for_peer(as)),
      forgets_(needs_peer_ && !options.keep_queue),
      begins_early_(as == role::subscriber || as == role::router),
      lookout_(options.spin),
      board_(std::make_shared<board>(as, options.send_queue, most_peers(as, options), again(forgets_, options))) {
  open();
}

// On failure everything is as it was.
void zmq_socket::open() {
  void* before = std::exchange(socket_, ::zmq_socket(core_.context, type_of(as_)));
  try {
    if (socket_ == nullptr) throw error(errc::limit, std::string("cannot open a socket: ") + zmq_strerror(zmq_errno()));
    set_options(options_);
    watched_as_ = core_.watch->watch(socket_, board_, options_.handshake_timeout);
  } catch (...) {
    discard(std::exchange(socket_, before));
    throw;
  }
  std::size_t size = sizeof fd_;
  zmq_getsockopt(socket_, ZMQ_FD, &fd_, &size);
}

zmq_socket::~zmq_socket() {
  if (socket_ != nullptr) leave_inproc();
  destroy();
}

// libzmq frees an inproc name some time after the close; whoever binds it next should not have to wait for that.
void zmq_socket::leave_inproc() {
  for (const link& l : links_)
    if (l.bound && l.as_given.transport == "inproc") zmq_unbind(socket_, l.real.c_str());
  core_.inproc.remove_all(board_.get());
}

void zmq_socket::discard(void* socket) noexcept {
  if (socket == nullptr) return;
  const int at_once = 0;
  zmq_setsockopt(socket, ZMQ_LINGER, &at_once, sizeof at_once);
  zmq_close(socket);
}

void zmq_socket::set_options(const socket_options& o) {
  zmq_setsockopt(socket_, ZMQ_ZAP_DOMAIN, newer_peers_only.data(), newer_peers_only.size());
  zmq_setsockopt(socket_, metadata_option, reads_batches_text.data(), reads_batches_text.size());
  set(ZMQ_SNDHWM, static_cast<int>(batch::queue_length(as_, o)));
  set(ZMQ_RCVHWM, static_cast<int>(o.receive_queue));
  const auto hard_limit = static_cast<std::int64_t>(2 * o.max_message);
  zmq_setsockopt(socket_, ZMQ_MAXMSGSIZE, &hard_limit, sizeof hard_limit);
  set(ZMQ_LINGER, milliseconds_of(o.linger));
  set(ZMQ_BACKLOG, connection_backlog);
  set(ZMQ_HANDSHAKE_IVL, milliseconds_of(o.handshake_timeout));
  set(ZMQ_RECONNECT_IVL, forgets_ ? never_again : milliseconds_of(o.reconnect_min));
  set(ZMQ_RECONNECT_IVL_MAX, forgets_ ? 0 : milliseconds_of(o.reconnect_max));
  if (o.heartbeat.count() > 0) {
    set(ZMQ_HEARTBEAT_IVL, milliseconds_of(o.heartbeat));
    set(ZMQ_HEARTBEAT_TIMEOUT, milliseconds_of(o.heartbeat_timeout));
    set(ZMQ_HEARTBEAT_TTL, milliseconds_of(o.heartbeat_timeout));
  }
  if (!o.identity.empty()) zmq_setsockopt(socket_, ZMQ_ROUTING_ID, o.identity.data(), o.identity.size());
  if (as_ == role::router) {
    set(ZMQ_ROUTER_MANDATORY, 1);
    set(ZMQ_ROUTER_HANDOVER, o.identity_handover ? 1 : 0);
    set(ZMQ_PROBE_ROUTER, o.probe_peers ? 1 : 0);
  }
  if (as_ == role::publisher) {
    set(ZMQ_XPUB_VERBOSER, 1);
    set(ZMQ_XPUB_NODROP, 1);  // a full queue is reported to us, and we decide and count
  }
}

endpoint zmq_socket::bind(const endpoint& at) {
  nothing_to_read_ = false;
  refuse_live_path(at);
  const std::string address = bind_address(at);
  set(ZMQ_IPV6, wants_ipv6(at, true) ? 1 : 0);
  if (zmq_bind(socket_, address.c_str()) != 0) throw_endpoint_error("bind", at, zmq_errno());
  char last[1024] = {};
  std::size_t size = sizeof last;
  zmq_getsockopt(socket_, ZMQ_LAST_ENDPOINT, last, &size);
  endpoint real = at.transport == "inproc" ? at : endpoint::parse(last);
  if (real.host == "::" && at.host == "*") real.host = "0.0.0.0";  // reaches the dual-stack listener, too
  links_.push_back({real, last, true});
  if (at.transport == "inproc") core_.inproc.bind(at.path, board_);
  else only_inproc_ = false, listens_ = true;
  return real;
}

void require_room(const endpoint& to, std::size_t connected, std::size_t most) {
  if (connected < most) return;
  throw error(errc::limit, "connect '" + to.str() + "': max_queue_bytes has room for " + std::to_string(most) +
                               " peers only; raise it, or lower send_queue, receive_queue or max_message");
}

void zmq_socket::connect(const endpoint& to) {
  const auto connected = std::count_if(links_.begin(), links_.end(), [](const link& l) { return !l.bound; });
  require_room(to, static_cast<std::size_t>(connected), board_->most_peers());
  if (socket_ == nullptr) open();
  nothing_to_read_ = false;
  const std::string address = to.address();
  set(ZMQ_IPV6, wants_ipv6(to, false) ? 1 : 0);
  if (zmq_connect(socket_, address.c_str()) != 0) throw_endpoint_error("connect", to, zmq_errno());
  links_.push_back({to, address, false});
  if (to.transport == "inproc") core_.inproc.connect(to.path, board_);
  else only_inproc_ = false;
}

void zmq_socket::remove(const endpoint& which) {
  nothing_to_read_ = false;
  const auto at = std::find_if(links_.begin(), links_.end(), [&](const link& l) { return l.as_given == which; });
  if (at == links_.end())
    throw error(errc::bad_endpoint, "remove '" + which.str() + "': this socket is neither bound nor connected there");
  if (at->bound) zmq_unbind(socket_, at->real.c_str());
  else if (needs_peer_) leave(*at);
  else disconnect(*at);
  if (which.transport == "inproc") core_.inproc.remove(which.path, board_.get());
  links_.erase(at);
}

// What was queued is sent meanwhile, as linger says. Were the connection ended by zmq_disconnect, what libzmq had still
// to tell of it could not be told from news of the next one. So the whole ZeroMQ socket goes, with its monitor.
void zmq_socket::leave(const link& from) {
  core_.watch->forget(watched_as_);
  board_->down_all(from.real);
  zmq_close(std::exchange(socket_, nullptr));
}

// The same when its peer has gone and nothing of it is to be kept: the next one begins with empty queues.
// Throws error{limit}, and then changes nothing.
void zmq_socket::start_over(const link& with) {
  void* const before = socket_;
  const auto watched_before = watched_as_;
  open();
  core_.watch->forget(watched_before);
  board_->down_all(with.real);
  discard(before);
  set(ZMQ_IPV6, wants_ipv6(with.as_given, false) ? 1 : 0);
  zmq_connect(socket_, with.real.c_str());
}

// libzmq ends the connection some time after zmq_disconnect has returned. So wait, bounded, until its descriptor is
// closed; what was queued before is at risk.
void zmq_socket::disconnect(const link& from) {
  const std::vector<int> descriptors = board_->descriptors(from.real);
  const std::vector<open_file> open(descriptors.begin(), descriptors.end());
  zmq_disconnect(socket_, from.real.c_str());
  if (from.as_given.transport == "inproc") return;
  const deadline limit(disconnect_time);
  while (std::any_of(open.begin(), open.end(), std::mem_fn(&open_file::still_open)) && !limit.passed()) {
    (void)ready(events::none);  // libzmq needs our thread for its part of it
    fds_.assign(1, {fd_, POLLIN, 0});
    poll_until(fds_, earlier(limit, std::chrono::milliseconds(1)));
  }
  board_->down_all(from.real);  // the monitor says nothing of what we end ourselves
}

errc zmq_socket::setsockopt_topic(int option, bytes_view prefix) noexcept {
  nothing_to_read_ = false;
  return zmq_setsockopt(socket_, option, prefix.data(), prefix.size()) == 0 ? errc::ok : data_error(zmq_errno());
}

errc zmq_socket::subscribe(bytes_view prefix) {
  if (as_ != role::subscriber) return errc::not_supported;
  if (!topics_.insert(std::string(as_text(prefix))).second) return errc::ok;
  return setsockopt_topic(ZMQ_SUBSCRIBE, prefix);
}

errc zmq_socket::unsubscribe(bytes_view prefix) {
  if (as_ != role::subscriber) return errc::not_supported;
  const auto at = topics_.find(as_text(prefix));
  if (at == topics_.end()) return errc::ok;
  topics_.erase(at);
  return setsockopt_topic(ZMQ_UNSUBSCRIBE, prefix);
}

void zmq_socket::attend() {
  nothing_to_read_ = false;
  board_->looked_at();
  if (board_->any_lost()) connect_again();
  if (!board_->take_reconnect()) return;
  for (const link& l : links_)
    if (!l.bound && l.as_given.transport == "inproc" && core_.inproc.take_reconnect(l.as_given.path, board_.get()))
      zmq_connect(socket_, l.real.c_str());
}

void zmq_socket::connect_again() {
  for (const auto& endpoint : board_->take_due()) {
    const auto at =
        std::find_if(links_.begin(), links_.end(), [&](const link& l) { return !l.bound && l.real == endpoint; });
    if (at == links_.end()) continue;
    if (!needs_peer_) {
      zmq_disconnect(socket_, endpoint.c_str());
      zmq_connect(socket_, endpoint.c_str());
      continue;
    }
    try {
      start_over(*at);
    } catch (const error&) {
      board_->lost(endpoint);  // out of descriptors; later, maybe
    }
  }
}

events zmq_socket::ready(events interest) {
  if (socket_ == nullptr) return events::none;
  nothing_to_read_ = false;
  attend();
  int now = 0;
  std::size_t size = sizeof now;
  zmq_getsockopt(socket_, ZMQ_EVENTS, &now, &size);
  events hold = events::none;
  if (readable((now & ZMQ_POLLIN) != 0)) hold = hold | events::readable;
  if ((now & ZMQ_POLLOUT) != 0 && !nobody_there() && clock_passed(full_until_)) hold = hold | events::writable;
  return hold & interest;
}

void zmq_socket::poll_fds(events, std::vector<pollfd>& out) {
  out.push_back({fd_, POLLIN, 0});
  out.push_back({board_->fd(), POLLIN, 0});
}

// A queue that was full gets room without a word.
deadline zmq_socket::next_look() const { return clock_passed(full_until_) ? deadline::never() : deadline(full_until_); }

void zmq_socket::wake() noexcept {
  woken_.store(true, std::memory_order_release);
  board_->call();
}

// A reader that has just been told EAGAIN need not ask again before it sleeps: libzmq took all its commands then, and
// the next one makes the descriptor readable. (Each look is a system call.)
bool zmq_socket::told_of_nothing(events interest) noexcept {
  return std::exchange(nothing_to_read_, false) && interest == events::readable;
}

events zmq_socket::watch(events interest, std::vector<pollfd>& out) {
  const bool looked = told_of_nothing(interest) && !board_->has_news() && !board_->any_lost();
  const events now = looked ? events::none : ready(interest);
  poll_fds(interest, out);
  return now;
}

// Nor need it ask after it was woken: its next try is the look.
events zmq_socket::wait(events interest, time_point until) {
  const deadline limit(until);
  bool looked = told_of_nothing(interest);
  for (;; looked = false) {
    const deadline look = next_look();  // before ready(), which may say "not yet" a moment before it passes
    if (!looked)
      if (const events now = ready(interest); any(now)) return now;
    if (take_wake()) return events::none;
    fds_.clear();
    poll_fds(interest, fds_);
    if (!lookout_.comes_soon(fds_)) poll_until(fds_, earlier(limit, look));
    const bool woken = take_wake(), told = fds_[1].revents != 0;
    if (interest == events::readable && fds_[0].revents != 0 && !told) return interest;
    if (woken || limit.passed() || (interest == events::none && told)) return ready(interest);
  }
}

frame zmq_socket::allocate(std::size_t size) {
  zmq_msg_t msg;
  if (zmq_msg_init_size(&msg, size) != 0) throw std::bad_alloc();
  return adopt(msg);
}

bool zmq_socket::next_event(socket_event& out) {
  if (socket_ != nullptr && (as_ == role::publisher || board_->has_news())) (void)ready(events::none);
  return board_->next_event(out);
}

std::optional<std::size_t> zmq_socket::subscriptions(std::optional<bytes_view> topic) const {
  return interest_.count(topic);
}

bool zmq_socket::reads_batches(bytes_view topic, audience& out) {
  if (as_ != role::publisher || socket_ == nullptr) return false;
  read_subscriptions();
  return interest_.reads_batches(topic, out);
}

ledger zmq_socket::counts() const {
  ledger sum;
  for (std::size_t i = 0; i < drop_reasons; ++i) sum.dropped[i] = dropped_[i].load(std::memory_order_relaxed);
  sum.at_risk = board_->at_risk();
  return sum;
}

// The monitor's end tells when libzmq has really destroyed the socket, that is when all queues are empty or linger has
// run out. A queue to an inproc peer is memory of that peer: what is in it is delivered after we are gone.
errc zmq_socket::close(duration linger) {
  if (socket_ == nullptr) return errc::ok;
  leave_inproc();
  const auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(std::max(linger, duration::zero()));
  set(ZMQ_LINGER, milliseconds_of(std::min(limit, std::chrono::milliseconds(std::chrono::hours(24)))));
  const auto start = clock::now();
  farewell held(limit.count() == 0 ? std::vector<int>{} : board_->descriptors());
  zmq_close(std::exchange(socket_, nullptr));
  if (only_inproc_ || limit.count() == 0) return errc::ok;
  constexpr auto grace = std::chrono::milliseconds(500);
  const bool finished = board_->wait_finished(start + limit + grace) && clock::now() - start < limit;
  if (finished && held.wait(start + limit)) return errc::ok;
  board_->add_risk(
      std::min<std::uint64_t>(options_.send_queue * std::max<std::size_t>(links_.size(), 1), board_->accepted_count()));
  return errc::timeout;
}

}  // namespace wye::zmq_engine
