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

constexpr std::size_t max_frames = 1024;
// libzmq speaks ZMTP 1.0 to whoever does not begin like a newer peer, and then any bytes may make a message. A ZAP
// domain, which those old versions cannot carry, makes it refuse them; without a ZAP handler it has no other effect.
constexpr std::string_view newer_peers_only = "wye";
constexpr unsigned sends_between_looks = 64;  // how often a busy publisher reads its subscriptions
constexpr int connection_backlog = 1024;
constexpr auto abandoned_pause = std::chrono::seconds(1);  // then a connection that libzmq gave up is made anew
constexpr auto disconnect_time = std::chrono::seconds(1);
constexpr auto full_pause = std::chrono::milliseconds(1);

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

bool waits_for_peer(role r) { return r == role::push || r == role::dealer || r == role::pair; }

// Each connection of Wye says in its handshake that it reads batches (ZMTP metadata; the number is that of
// ZMQ_METADATA, which the header shows to draft builds only, but the library takes it). Connections within the process
// have no handshake, and all of them are Wye's.
constexpr int metadata_option = 95;
constexpr std::string_view reads_batches_text = "X-Wye-Batch:1";
constexpr const char* reads_batches_key = "X-Wye-Batch";

bool from_reader(zmq_msg_t* msg) noexcept {
  return zmq_msg_gets(msg, reads_batches_key) != nullptr || zmq_msg_gets(msg, "Socket-Type") == nullptr;
}

std::size_t most_peers(role r, const socket_options& o) {
  return o.max_queue_bytes == 0 ? std::numeric_limits<std::size_t>::max() : o.max_queue_bytes / queue_bytes(r, o);
}

int milliseconds_of(std::chrono::milliseconds t) { return static_cast<int>(t.count()); }

}  // namespace

zmq_socket::zmq_socket(shared_core& core, role as, const socket_options& options)
    : core_(core),
      as_(as),
      options_(options),
      max_message_(options.max_message),
      lossy_(as == role::publisher && options.overflow == overflow::drop),
      sees_batches_(as == role::publisher || options.batch),
      needs_peer_(waits_for_peer(as)),
      begins_early_(as == role::subscriber || as == role::router),
      board_(std::make_shared<board>(as, options.send_queue, most_peers(as, options))) {
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
  set(ZMQ_RECONNECT_IVL, milliseconds_of(o.reconnect_min));
  set(ZMQ_RECONNECT_IVL_MAX, milliseconds_of(o.reconnect_max));
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
  end_solitude();
  set(ZMQ_IPV6, wants_ipv6(at, true) ? 1 : 0);
  if (zmq_bind(socket_, address.c_str()) != 0) throw_endpoint_error("bind", at, zmq_errno());
  char last[1024] = {};
  std::size_t size = sizeof last;
  zmq_getsockopt(socket_, ZMQ_LAST_ENDPOINT, last, &size);
  endpoint real = at.transport == "inproc" ? at : endpoint::parse(last);
  if (real.host == "::" && at.host == "*") real.host = "0.0.0.0";  // reaches the dual-stack listener, too
  links_.push_back({real, last, true});
  if (at.transport == "inproc") core_.inproc.bind(at.path, board_);
  else only_inproc_ = false;
  return real;
}

// Each link may become a peer. Throws error{limit}.
void zmq_socket::require_room_for(const endpoint& to) const {
  const auto connected = std::count_if(links_.begin(), links_.end(), [](const link& l) { return !l.bound; });
  if (static_cast<std::size_t>(connected) < board_->most_peers()) return;
  throw error(errc::limit, "connect '" + to.str() + "': max_queue_bytes has room for " +
                               std::to_string(board_->most_peers()) +
                               " peers only; raise it, or lower send_queue, receive_queue or max_message");
}

void zmq_socket::connect(const endpoint& to) {
  require_room_for(to);
  nothing_to_read_ = false;
  const std::string address = to.address();
  end_solitude();
  set(ZMQ_IPV6, wants_ipv6(to, false) ? 1 : 0);
  alone_ = needs_peer_ && options_.keep_queue && links_.empty();
  set_immediate();
  if (zmq_connect(socket_, address.c_str()) != 0) throw_endpoint_error("connect", to, zmq_errno());
  links_.push_back({to, address, false});
  if (to.transport == "inproc") core_.inproc.connect(to.path, board_);
  else only_inproc_ = false;
}

// With ZMQ_IMMEDIATE messages go to live connections only, so that none waits for somebody dead while others are there.
// But when such a connection ends, libzmq throws away what is queued for it and what came from it and was not yet read,
// an answer perhaps. So a socket with a single connection does without, and takes no message while its peer is away;
// unless it is told to keep no queue.
void zmq_socket::set_immediate() noexcept { set(ZMQ_IMMEDIATE, needs_peer_ && !alone_ ? 1 : 0); }

void zmq_socket::end_solitude() {
  if (!alone_ || board_->peer_count() > 0 || links_[0].as_given.transport == "inproc") {
    alone_ = false;
    return;
  }
  start_over();
  alone_ = false;
  set_immediate();
  set(ZMQ_IPV6, wants_ipv6(links_[0].as_given, false) ? 1 : 0);
  zmq_connect(socket_, links_[0].real.c_str());
}

// The one connection has no peer yet, but may be about to. Were it ended by zmq_disconnect, what libzmq had still to
// tell of it could not be told from news of the next one, and a peer would be counted that is gone. So the whole ZeroMQ
// socket goes, with its monitor. Throws error{limit}, and then changes nothing.
void zmq_socket::start_over() {
  void* before = socket_;
  const auto watched_before = watched_as_;
  open();
  core_.watch->forget(watched_before);
  board_->down_all(links_[0].real);
  board_->retried(links_[0].real);
  discard(before);
}

void zmq_socket::remove(const endpoint& which) {
  nothing_to_read_ = false;
  const auto at = std::find_if(links_.begin(), links_.end(), [&](const link& l) { return l.as_given == which; });
  if (at == links_.end())
    throw error(errc::bad_endpoint, "remove '" + which.str() + "': this socket is neither bound nor connected there");
  if (at->bound) zmq_unbind(socket_, at->real.c_str());
  else disconnect(*at);
  if (which.transport == "inproc") core_.inproc.remove(which.path, board_.get());
  links_.erase(at);
  alone_ = alone_ && !links_.empty();
}

// With ZMQ_IMMEDIATE libzmq ends the connection some time after zmq_disconnect has returned, and what is written to its
// queue until then is lost. So wait, bounded, until its descriptor is closed; what was queued before is at risk.
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

// A router's first frame is an address, and no part of the message.
std::size_t zmq_socket::size_of(const message& m) const noexcept {
  return m.byte_size() - (as_ == role::router ? m.front().size() : 0);
}

errc zmq_socket::send_frame(frame& f, int flags) {
  if (std::byte* store = f.held_by(msg_holder); store != nullptr) {
    zmq_msg_t* held = msg_in(store);
    if (zmq_msg_data(held) == f.data() && zmq_msg_size(held) == f.size()) {
      if (zmq_msg_send(held, socket_, flags | ZMQ_DONTWAIT) < 0) return data_error(zmq_errno());
      f.disown();
      return errc::ok;
    }
  }
  zmq_msg_t msg;
  fill(msg, f);
  if (zmq_msg_send(&msg, socket_, flags | ZMQ_DONTWAIT) >= 0) return errc::ok;
  const errc why = data_error(zmq_errno());
  f = adopt(msg);  // the next attempt copies nothing
  return why;
}

errc zmq_socket::send_frames(message& m) {
  const std::size_t last = m.size() - 1;
  for (std::size_t i = 0; i <= last; ++i) {
    const errc done = send_frame(m[i], i == last ? 0 : ZMQ_SNDMORE);
    if (done != errc::ok) return i == 0 ? done : errc::internal;
  }
  return errc::ok;
}

// overflow::drop: some subscriber's queue is full. The others get the message, and the drop is counted. But libzmq puts
// a subscriber for which it dropped aside, and reports it no more until that has caught up; so nothing is sent if there
// is no other.
errc zmq_socket::send_despite_full_queues(message& m) {
  const std::size_t messages = batch::count(m, as_).messages;
  errc done = errc::ok;
  if (board_->peer_count() != 1) {
    set(ZMQ_XPUB_NODROP, 0);
    done = send_frames(m);
    set(ZMQ_XPUB_NODROP, 1);
  }
  if (done == errc::ok) count(drop_reason::queue_full, messages);
  return done;
}

// libzmq looks only now and then whether a peer has gone, and meanwhile writes to its queue. When the watcher has seen
// something, make it look.
void zmq_socket::take_leave() {
  if (board_->has_news()) (void)ready(events::none);
}

errc zmq_socket::try_send(message& m) {
  nothing_to_read_ = false;
  if (m.empty() || (as_ == role::router && m.size() < 2)) return errc::malformed;
  if (size_of(m) > max_message_) return errc::too_large;
  if (as_ == role::publisher && ++until_attention_ % sends_between_looks == 0) read_subscriptions();
  take_leave();
  if (nobody_there()) return errc::would_block;
  const std::size_t messages = sees_batches_ ? batch::count(m, as_).messages : 1;
  errc done = m.size() == 1 ? send_frame(m.front(), 0) : send_frames(m);
  if (done == errc::would_block && lossy_) done = send_despite_full_queues(m);
  else if (done == errc::would_block && as_ == role::publisher) full_until_ = clock::now() + full_pause;
  if (done != errc::ok) return done;
  m.clear();
  board_->accepted(messages);
  return errc::ok;
}

// The first frame is received in place: moving one costs as much as a call of libzmq.
// Plain bytes for a peer that is there: the shortest way. Everything unusual takes the other one.
errc zmq_socket::try_send(bytes_view body) {
  nothing_to_read_ = false;
  take_leave();
  if (!needs_peer_ || body.size() > max_message_ || nobody_there()) return raw_socket::try_send(body);
  zmq_msg_t msg;
  if (zmq_msg_init_size(&msg, body.size()) != 0) throw std::bad_alloc();
  if (!body.empty()) std::memcpy(zmq_msg_data(&msg), body.data(), body.size());
  if (zmq_msg_send(&msg, socket_, ZMQ_DONTWAIT) < 0) {
    const errc why = data_error(zmq_errno());
    zmq_msg_close(&msg);
    return why;
  }
  board_->accepted();
  return errc::ok;
}

errc zmq_socket::recv_frame(frame& into, bool& more) {
  zmq_msg_t* msg = room_in(into);
  const int size = zmq_msg_recv(msg, socket_, ZMQ_DONTWAIT);
  if (size < 0) {
    into.show({});
    nothing_to_read_ = zmq_errno() == EAGAIN;
    return data_error(zmq_errno());
  }
  more = zmq_msg_more(msg) != 0;
  into.show({static_cast<const std::byte*>(zmq_msg_data(msg)), static_cast<std::size_t>(size)});
  return errc::ok;
}

// The frames after the first. What is too many or too large is read all the same, so that the next message begins
// where it should.
errc zmq_socket::recv_rest(message& m, std::size_t bytes) {
  std::size_t frames = 1;
  for (bool more = true; more; ++frames) {
    frame part;
    if (const errc done = recv_frame(part, more); done != errc::ok) return done;
    bytes += part.size();
    if (frames < max_frames && bytes <= max_message_) m.push_back(std::move(part));
  }
  if (bytes > max_message_) return errc::too_large;
  return frames > max_frames ? errc::malformed : errc::ok;
}

errc zmq_socket::try_recv(message& m) {
  if (as_ == role::publisher) return errc::not_supported;
  if (ahead_.empty()) [[likely]]
    return recv_whole(m);
  m = std::exchange(ahead_, {});
  return errc::ok;
}

errc zmq_socket::recv_whole(message& m) {
  for (;;) {
    bool more = false;
    errc done = recv_frame(m.recycle(), more);
    if (done != errc::ok) return m.clear(), done;
    if (more) done = recv_rest(m, size_of(m));
    else if (m.front().size() > max_message_) done = errc::too_large;
    if (done == errc::too_large) count(drop_reason::too_large, batch::count(m, as_).messages);
    else if (done == errc::malformed) count(drop_reason::malformed);
    else return done;
  }
}

// Asked whether there is a message, a SUB or ROUTER takes its first frame out of its queue. If the queue then ends (we
// disconnect, another peer takes the identity over) the rest is gone, and libzmq aborts when it is asked for it. So the
// whole message is read at once.
bool zmq_socket::readable(bool promised) {
  if (as_ == role::publisher) return false;
  if (!begins_early_) return promised;
  return !ahead_.empty() || (promised && recv_whole(ahead_) == errc::ok);
}

void zmq_socket::read_subscriptions() {
  zmq_msg_t note;
  zmq_msg_init(&note);
  while (zmq_msg_recv(&note, socket_, ZMQ_DONTWAIT) >= 0) {
    const bytes_view bytes{static_cast<const std::byte*>(zmq_msg_data(&note)), zmq_msg_size(&note)};
    const auto change = interest_.note(bytes, from_reader(&note));
    if (change == interest::change::none) continue;
    using kind = socket_event::kind;
    board_->post({.what = change == interest::change::subscribed ? kind::subscribed : kind::unsubscribed,
                  .peer = 0,
                  .endpoint = {},
                  .detail = {},
                  .topic = std::string(as_text(bytes.subspan(1)))});
  }
  zmq_msg_close(&note);
}

void zmq_socket::attend() {
  nothing_to_read_ = false;
  board_->looked_at();
  if (as_ == role::publisher) read_subscriptions();
  if (board_->any_lost()) reconnect_abandoned();
  if (!board_->take_reconnect()) return;
  for (const link& l : links_)
    if (!l.bound && l.as_given.transport == "inproc" && core_.inproc.take_reconnect(l.as_given.path, board_.get()))
      zmq_connect(socket_, l.real.c_str());
}

void zmq_socket::reconnect_abandoned() {
  for (const auto& endpoint : board_->take_abandoned(abandoned_pause)) {
    const auto at =
        std::find_if(links_.begin(), links_.end(), [&](const link& l) { return !l.bound && l.real == endpoint; });
    if (at == links_.end()) continue;
    set_immediate();
    zmq_disconnect(socket_, endpoint.c_str());
    zmq_connect(socket_, endpoint.c_str());
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

// When something may have changed that no descriptor tells.
deadline zmq_socket::next_look() const {
  const deadline room = clock_passed(full_until_) ? deadline::never() : deadline(full_until_);
  return board_->any_lost() ? earlier(room, abandoned_pause) : room;
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
    if (!looked)
      if (const events now = ready(interest); any(now)) return now;
    fds_.clear();
    poll_fds(interest, fds_);
    fds_.push_back({wake_.fd(), POLLIN, 0});
    poll_until(fds_, earlier(limit, next_look()));
    const bool woken = fds_[2].revents != 0;
    if (woken) wake_.clear();
    if (interest == events::readable && fds_[0].revents != 0 && fds_[1].revents == 0 && !woken) return interest;
    if (woken || limit.passed() || (interest == events::none && fds_[1].revents != 0)) return ready(interest);
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

bool zmq_socket::sender_reads_batches(message& m) {
  std::byte* store = m.back().held_by(msg_holder);
  return store != nullptr && from_reader(msg_in(store));
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
