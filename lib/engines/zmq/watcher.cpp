#include "watcher.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <zmq.h>

#include <algorithm>
#include <cstring>

#include "errors.hpp"

namespace wye::zmq_engine {
namespace {

constexpr auto slack = std::chrono::seconds(1);  // for libzmq's timer, and for us to hear of it

// The remote address of a connection, as far as the descriptor still tells; else the endpoint's own text.
std::string remote_of(std::int64_t fd, const std::string& endpoint) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getpeername(static_cast<int>(fd), reinterpret_cast<sockaddr*>(&address), &size) != 0) return endpoint;
  char text[INET6_ADDRSTRLEN] = {};
  if (address.ss_family == AF_INET) {
    const auto& in = reinterpret_cast<const sockaddr_in&>(address);
    ::inet_ntop(AF_INET, &in.sin_addr, text, sizeof text);
    return "tcp://" + std::string(text) + ":" + std::to_string(ntohs(in.sin_port));
  }
  if (address.ss_family == AF_INET6) {
    const auto& in = reinterpret_cast<const sockaddr_in6&>(address);
    ::inet_ntop(AF_INET6, &in.sin6_addr, text, sizeof text);
    return "tcp://[" + std::string(text) + "]:" + std::to_string(ntohs(in.sin6_port));
  }
  return endpoint;
}

socket_event make_event(socket_event::kind what, std::string endpoint, std::string detail) {
  return {.what = what, .peer = 0, .endpoint = std::move(endpoint), .detail = std::move(detail), .topic = {}};
}

// Those that note() reads. The others are not wanted, and one must not be: libzmq tells of a failed bind in the thread
// that binds, and the telling overwrites the errno that says why it failed.
constexpr int watched_events =
    ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_ACCEPT_FAILED | ZMQ_EVENT_CONNECTED | ZMQ_EVENT_CONNECT_RETRIED |
    ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CLOSED | ZMQ_EVENT_MONITOR_STOPPED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED |
    ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;

bool is_handshake_failure(unsigned what) {
  return what == ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL || what == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL ||
         what == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;
}

}  // namespace

watcher::watcher(void* zmq_context)
    : context_(zmq_context), thread_([this](const std::stop_token& stop) { run(stop); }) {}

watcher::~watcher() {
  thread_.request_stop();
  changed_.set();
  thread_.join();
  for (auto& w : all_) zmq_close(w.monitor);
  for (auto& w : new_) zmq_close(w.monitor);
}

std::uint64_t watcher::watch(void* zmq_socket, std::shared_ptr<board> keep, duration handshake_timeout) {
  const std::lock_guard lock(mutex_);
  const std::string name = "inproc://wye-monitor-" + std::to_string(++serial_);
  if (zmq_socket_monitor(zmq_socket, name.c_str(), watched_events) != 0)
    throw error(errc::limit, std::string("cannot watch a socket: ") + zmq_strerror(zmq_errno()));
  void* monitor = ::zmq_socket(context_, ZMQ_PAIR);
  if (monitor == nullptr)
    throw error(errc::limit, std::string("cannot open a monitor socket: ") + zmq_strerror(zmq_errno()));
  const int unlimited = 0, no_linger = 0;
  zmq_setsockopt(monitor, ZMQ_RCVHWM, &unlimited, sizeof unlimited);  // the engine's I/O thread must never wait for us
  zmq_setsockopt(monitor, ZMQ_LINGER, &no_linger, sizeof no_linger);
  zmq_connect(monitor, name.c_str());
  new_.push_back({.monitor = monitor,
                  .name = serial_,
                  .keep = std::move(keep),
                  .patience = std::min<duration>(handshake_timeout, std::chrono::hours(24)) + slack});
  changed_.set();
  return serial_;
}

void watcher::forget(std::uint64_t watched_as) {
  const std::lock_guard lock(mutex_);
  for (auto* list : {&new_, &all_})
    for (auto& w : *list)
      if (w.name == watched_as) w.keep = std::make_shared<board>(role::pair, 0);  // nobody's
}

void watcher::take_new() {
  const std::lock_guard lock(mutex_);
  changed_.clear();
  for (auto& w : new_) all_.push_back(std::move(w));
  new_.clear();
}

void watcher::run(const std::stop_token& stop) {
  std::vector<zmq_pollitem_t> items;
  for (;;) {
    take_new();
    if (stop.stop_requested()) return;  // asked after the wake-up was cleared, so that none is missed
    items.assign(1, {nullptr, changed_.fd(), ZMQ_POLLIN, 0});
    for (auto& w : all_) items.push_back({w.monitor, 0, ZMQ_POLLIN, 0});
    if (zmq_poll(items.data(), static_cast<int>(items.size()), until_next()) < 0 && zmq_errno() == ETERM) return;
    read_all();
  }
}

void watcher::read_all() {
  const std::lock_guard lock(mutex_);
  monitor_event e;
  next_call_ = time_point::max();
  for (auto& w : all_) {
    while (!w.over && read(w.monitor, e)) note(w, e);
    settle_overdue(w);
    next_call_ = std::min(next_call_, w.keep->call_when_due());
  }
  std::erase_if(all_, [](watched& w) {
    if (w.over) zmq_close(w.monitor);
    return w.over;
  });
}

bool watcher::read(void* monitor, monitor_event& out) {
  zmq_msg_t part;
  zmq_msg_init(&part);
  if (zmq_msg_recv(&part, monitor, ZMQ_DONTWAIT) < 0) return zmq_msg_close(&part), false;
  std::uint16_t what = 0;
  std::uint32_t value = 0;
  const auto* bytes = static_cast<const std::byte*>(zmq_msg_data(&part));
  std::memcpy(&what, bytes, sizeof what);
  std::memcpy(&value, bytes + sizeof what, sizeof value);
  zmq_msg_recv(&part, monitor, 0);
  out = {what, static_cast<std::int64_t>(value),
         std::string(static_cast<const char*>(zmq_msg_data(&part)), zmq_msg_size(&part))};
  zmq_msg_close(&part);
  return true;
}

void watcher::note(watched& w, const monitor_event& e) {
  using kind = socket_event::kind;
  w.handshake_failed = w.handshake_failed || is_handshake_failure(e.what);
  switch (e.what) {
    case ZMQ_EVENT_ACCEPTED: accepted(w, e); break;
    case ZMQ_EVENT_CONNECTED: begin(w, e.value, e.endpoint); break;
    case ZMQ_EVENT_HANDSHAKE_SUCCEEDED: finish(w); break;
    case ZMQ_EVENT_DISCONNECTED: disconnected(w, e); break;
    case ZMQ_EVENT_CONNECT_RETRIED: w.keep->retried(e.endpoint); break;
    case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
      w.keep->post(make_event(kind::peer_rejected, e.endpoint,
                              "the connection broke in its handshake (" +
                                  std::string(zmq_strerror(static_cast<int>(e.value))) +
                                  "): no ZeroMQ peer, or it turned us away for a wrong pattern pair (such as PUB to "
                                  "PULL); check both sides' patterns"));
      break;
    case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
      w.keep->post(make_event(kind::peer_rejected, e.endpoint, "the peer broke the ZeroMQ handshake protocol"));
      break;
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
      w.keep->post(make_event(kind::peer_rejected, e.endpoint, "the peer was not admitted (authentication)"));
      break;
    case ZMQ_EVENT_CLOSED:
      w.keep->post(make_event(kind::connect_failed, e.endpoint, "nobody listens there, or it closed; trying again"));
      break;
    case ZMQ_EVENT_ACCEPT_FAILED: accept_failed(w, e); break;
    case ZMQ_EVENT_MONITOR_STOPPED:
      w.over = true;
      w.keep->finished();
      break;
    default: break;
  }
}

// What we end ourselves has no event: its descriptor comes again.
void watcher::begin(watched& w, std::int64_t fd, std::string remote) {
  std::erase_if(w.pending, [fd](const handshake& h) { return h.fd == fd; });
  w.pending.push_back({fd, open_file(static_cast<int>(fd)), std::move(remote), clock::now() + w.patience});
}

// The event names the endpoint only, so the oldest connection still in its handshake there stands for the one that
// finished. When several handshakes overlap, their addresses may be swapped for a moment, and one that ends may be
// taken for another. A failure, which comes just before its own disconnect, puts that right; so does time, where libzmq
// turned a stranger away and told only of the end.
void watcher::finish(watched& w) {
  if (w.pending.empty()) return;
  w.keep->up(w.pending.front().fd, w.pending.front().remote);
  w.pending.erase(w.pending.begin());
}

// Who is still there after all that time has finished its handshake.
void watcher::settle_overdue(watched& w) {
  const auto now = clock::now();
  while (!w.pending.empty() && w.pending.front().overdue <= now) {
    if (w.pending.front().file.still_open()) finish(w);
    else w.pending.erase(w.pending.begin());
  }
}

// Milliseconds, for zmq_poll.
long watcher::until_next() const {
  auto next = next_call_;
  for (const auto& w : all_)
    if (!w.pending.empty()) next = std::min(next, w.pending.front().overdue);
  if (next == time_point::max()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - clock::now());
  return std::max<long>(left.count(), 0);
}

void watcher::complain(watched& w, const std::string& endpoint, const std::string& why) {
  if (clock::now() < w.next_complaint) return;
  w.next_complaint = clock::now() + std::chrono::seconds(1);
  w.keep->post(make_event(socket_event::kind::accept_failed, endpoint, why));
}

void watcher::accepted(watched& w, const monitor_event& e) {
  const std::size_t most = w.keep->most_peers();
  const bool full = w.keep->peer_count() + w.pending.size() >= most;
  begin(w, e.value, remote_of(e.value, e.endpoint));
  spare_.take_back();  // who took the last descriptor, and so the reserve, has to give it back
  if (full) complain(w, e.endpoint, "max_queue_bytes has room for " + std::to_string(most) + " peers only");
  if (std::exchange(w.turn_away, false) || !spare_.held() || full) ::shutdown(static_cast<int>(e.value), SHUT_RDWR);
}

void watcher::accept_failed(watched& w, const monitor_event& e) {
  w.turn_away = true;
  if (!spare_.give_up() && clock::now() >= w.next_eviction && !w.pending.empty()) {
    // The spare went to a connection that is still in its handshake: that one has to go.
    ::shutdown(static_cast<int>(w.pending.back().fd), SHUT_RDWR);
    w.next_eviction = clock::now() + std::chrono::milliseconds(10);
  }
  complain(w, e.endpoint,
           std::string(zmq_strerror(static_cast<int>(e.value))) +
               "; connections are turned away until some are free; raise `ulimit -n`");
}

void watcher::disconnected(watched& w, const monitor_event& e) {
  spare_.take_back();
  w.keep->lost(e.endpoint);
  const bool failed = std::exchange(w.handshake_failed, false);
  const auto pending =
      std::find_if(w.pending.begin(), w.pending.end(), [&](const handshake& h) { return h.fd == e.value; });
  const std::string remote = pending != w.pending.end() ? pending->remote : e.endpoint;
  if (pending != w.pending.end()) {
    w.pending.erase(pending);
  } else if (failed && !w.pending.empty()) {
    // This connection was taken for one that finished; that one is among the pending.
    if (w.keep->rename(e.value, w.pending.front().fd, w.pending.front().remote)) w.pending.erase(w.pending.begin());
  } else if (w.keep->down(e.value)) {
    return;
  }
  w.keep->post(make_event(socket_event::kind::peer_rejected, remote,
                          "turned away in the handshake: most likely a wrong pattern pair (such as PUB to PULL), or no "
                          "ZeroMQ peer; check both sides' patterns"));
}

}  // namespace wye::zmq_engine
