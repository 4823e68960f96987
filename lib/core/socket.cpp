#include <wye/socket.hpp>

#include <algorithm>
#include <atomic>
#include <set>
#include <string>

#include <wye/batch.hpp>
#include <wye/detail/check_option.hpp>
#include <wye/detail/turn_keeper.hpp>

#include "batching_socket.hpp"
#include "joined_engines.hpp"

namespace wye {
namespace {

// Events can arrive between a look and the wait for them; so a waiter looks again at least this often.
constexpr auto look_again = std::chrono::milliseconds(20);

void check(const socket_options& o) {
  using std::chrono::milliseconds;
  constexpr std::size_t million = 1'000'000;
  detail::check_option(o.send_queue >= 1 && o.send_queue <= million, "send_queue", "1 to 1000000 messages");
  detail::check_option(o.receive_queue >= 1 && o.receive_queue <= million, "receive_queue", "1 to 1000000 messages");
  detail::check_option(o.max_message >= 1 && o.max_message <= (std::size_t{1} << 30), "max_message", "1 byte to 1 GiB");
  detail::check_option(o.linger >= milliseconds(0) && o.linger <= std::chrono::hours(24), "linger", "0 to 24 h");
  detail::check_option(o.heartbeat >= milliseconds(0) && o.heartbeat <= std::chrono::hours(1), "heartbeat", "0 to 1 h");
  detail::check_option(o.heartbeat_timeout >= o.heartbeat, "heartbeat_timeout", "at least heartbeat");
  detail::check_option(o.handshake_timeout > milliseconds(0), "handshake_timeout", "more than 0");
  detail::check_option(o.reconnect_min >= milliseconds(1) && o.reconnect_max >= o.reconnect_min,
                       "reconnect_min, reconnect_max", "1 ms <= reconnect_min <= reconnect_max");
  detail::check_option(o.identity.size() <= 255 && (o.identity.empty() || o.identity[0] != '\0'), "identity",
                       "at most 255 bytes, the first not zero");
  detail::check_option(!o.batch || (o.batch.max_bytes >= 1024 && o.batch.max_bytes <= (std::size_t{1} << 20)),
                       "batch.max_bytes", "0, or 1 KiB to 1 MiB");
  detail::check_option(
      o.batch.max_delay >= std::chrono::microseconds(1) && o.batch.max_delay <= std::chrono::seconds(1),
      "batch.max_delay", "1 us to 1 s");
  detail::check_option(o.spin.count() >= 0 && o.spin <= std::chrono::seconds(1), "spin", "0 to 1 s");
  detail::check_option(o.max_hops >= 1 && o.max_hops <= 15, "max_hops", "1 to 15");
}

void check_budget(role as, const socket_options& o) {
  const std::uint64_t least = queue_bytes(as, o);
  if (o.max_queue_bytes == 0 || least <= o.max_queue_bytes) return;
  throw error(errc::bad_option, "option max_queue_bytes is " + std::to_string(o.max_queue_bytes) +
                                    ", but the queues of a " + std::string(name_of(as)) + " with one peer may take " +
                                    std::to_string(least) + " bytes: lower send_queue, receive_queue or max_message");
}

// A counter with one writer: a plain addition that other threads may read.
void add(std::atomic<std::uint64_t>& counter, std::uint64_t n) noexcept {
  counter.store(counter.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
}

}  // namespace

struct socket::state {
  state(context& ctx, role r, socket_options o) : engines(ctx), as(r), options(std::move(o)) {
    check(options);
    check_budget(as, options);
  }

  // `e` loses what is for us and not for the engine.
  raw_socket* open_for(endpoint& e);
  std::unique_ptr<raw_socket> open_engine(const endpoint& e);
  void let_in_others();
  [[nodiscard]] bool uses(std::string_view engine) const noexcept {
    return std::ranges::find(engine_names, engine) != engine_names.end();
  }
  void sent(std::size_t bytes, std::size_t messages = 1) noexcept { add(sent_count, messages), add(sent_bytes, bytes); }
  void received(std::size_t bytes, std::size_t messages = 1) noexcept {
    add(received_count, messages), add(received_bytes, bytes);
  }
  result<void> refuse(errc why) noexcept {
    add(refused, 1);
    return why;
  }

  context engines;  // shares the engines, so that the user's context may go first
  role as;
  socket_options options;
  detail::turn_keeper turns;
  std::unique_ptr<raw_socket> owned;
  std::atomic<raw_socket*> raw{nullptr};
  std::vector<std::string> engine_names;
  std::string engine_name;  // all of them
  bool several = false;     // engines have a place in `owned`
  std::vector<endpoint> bound;
  std::set<std::string, std::less<>> topics;  // subscriber
  std::atomic<bool> closed{false};

  std::atomic<std::uint64_t> sent_count{0}, sent_bytes{0}, received_count{0}, received_bytes{0}, refused{0};
  std::array<std::atomic<std::uint64_t>, drop_reasons> dropped{};
};

raw_socket* socket::state::open_for(endpoint& e) {
  const batching wished = std::exchange(e.batch, {});
  if (owned && wished && wished != options.batch)
    throw error(errc::bad_option, "endpoint '" + e.str() + "': ?batch is for the first endpoint of a socket");
  if (!owned) {
    if (wished) options.batch = wished, check(options);
    owned = open_engine(e);
  } else if (!uses(e.engine)) {
    let_in_others();
  }
  raw.store(owned.get(), std::memory_order_release);
  return owned.get();
}

std::unique_ptr<raw_socket> socket::state::open_engine(const endpoint& e) {
  auto engine = engines.find(e.engine);
  if (!engine->can().roles[static_cast<std::size_t>(as)])
    throw error(errc::not_supported, "endpoint '" + e.str() + "': the engine " + e.engine + " has no " +
                                         std::string(name_of(as)) + "; see the feature matrix");
  auto opened =
      detail::with_batches(engine->open(as, options), as, options, engine->can().twins, turns, engines.late_batches());
  for (const auto& topic : topics) opened->subscribe(as_bytes(topic));
  engine_name += (engine_names.empty() ? "" : "+") + e.engine;
  engine_names.push_back(e.engine);
  return opened;
}

// The socket that other threads may be looking at stays where it is, as the first of several.
void socket::state::let_in_others() {
  if (std::exchange(several, true)) return;
  owned = std::make_unique<detail::joined_engines>(as, engine_name, std::move(owned),
                                                   [this](const endpoint& e) { return open_engine(e); });
}

// Being inside a socket. Converts to false if that can't be, and says why.
class socket::turn {
 public:
  explicit turn(socket& s) noexcept : turn(s.self_.get()) {}
  turn(const turn&) = delete;
  turn& operator=(const turn&) = delete;
  ~turn() {
    if (visitor_ != nullptr) detail::turn_keeper::leave(visitor_);
  }

  explicit operator bool() const noexcept { return why_ == errc::ok; }
  [[nodiscard]] errc why() const noexcept { return why_; }
  // For calls that need no endpoint yet.
  [[nodiscard]] bool may_open() const noexcept { return why_ == errc::ok || why_ == errc::wrong_state; }
  [[nodiscard]] raw_socket& raw() const noexcept { return *raw_; }

 private:
  explicit turn(state* self) noexcept {
    if (self == nullptr) return;
    visitor_ = self->turns.enter();
    raw_ = self->owned.get();
    if (visitor_ == nullptr) why_ = errc::concurrent_use;
    else if (self->closed.load(std::memory_order_relaxed)) why_ = errc::closed;
    else why_ = raw_ == nullptr ? errc::wrong_state : errc::ok;
  }

  detail::turn_keeper::visitor* visitor_ = nullptr;
  raw_socket* raw_ = nullptr;
  errc why_ = errc::closed;
};

socket::socket(context& ctx, role as, socket_options options)
    : self_(std::make_unique<state>(ctx, as, std::move(options))) {}

socket::socket(context& ctx, role as, const endpoints& bind_to, const endpoints& connect_to, socket_options options)
    : socket(ctx, as, std::move(options)) {
  for (const auto& at : bind_to) bind(at);
  for (const auto& to : connect_to) connect(to);
}

socket::socket(socket&&) noexcept = default;

socket& socket::operator=(socket&& other) noexcept {
  if (this != &other) {
    if (self_) (void)close(self_->options.linger);
    self_ = std::move(other.self_);
  }
  return *this;
}

socket::~socket() {
  if (self_ && self_->owned) (void)close(self_->options.linger);
}

endpoint socket::bind(std::string_view at) {
  auto e = endpoint::parse(at);
  const turn inside(*this);
  if (!inside.may_open()) throw error(inside.why(), "bind '" + e.str() + "': " + failure(inside.why()).message());
  raw_socket* const raw = self_->open_for(e);
  self_->bound.push_back(raw->bind(e));
  return self_->bound.back();
}

void socket::connect(std::string_view to) {
  auto e = endpoint::parse(to);
  const turn inside(*this);
  if (!inside.may_open()) throw error(inside.why(), "connect '" + e.str() + "': " + failure(inside.why()).message());
  if (e.host == "*" || (e.port == 0 && (e.transport == "tcp" || e.transport == "ws")))
    throw error(errc::bad_endpoint,
                "endpoint '" + e.str() + "': * and port 0 are for bind; connect needs a host and a port");
  raw_socket* const raw = self_->open_for(e);
  raw->connect(e);
}

void socket::remove(std::string_view which) {
  auto e = endpoint::parse(which);
  e.batch = {};
  const turn inside(*this);
  if (!inside) throw error(inside.why(), "remove '" + e.str() + "': " + failure(inside.why()).message());
  inside.raw().remove(e);
  std::erase(self_->bound, e);
}

const std::vector<endpoint>& socket::bound() const noexcept {
  static const std::vector<endpoint> none;
  return self_ ? self_->bound : none;
}

errc socket::try_send(message& m) {
  const turn inside(*this);
  if (!inside) return inside.why();
  const std::size_t bytes = m.byte_size();
  const errc done = inside.raw().try_send(m);
  if (done == errc::ok) self_->sent(bytes);
  else if (done != errc::would_block) (void)self_->refuse(done);
  return done;
}

errc socket::try_recv(message& m) {
  const turn inside(*this);
  if (!inside) return inside.why();
  const errc done = inside.raw().try_recv(m);
  if (done == errc::ok) self_->received(m.byte_size());
  return done;
}

errc socket::try_send(message& m, const batch::contents& what) {
  const turn inside(*this);
  if (!inside) return inside.why();
  const errc done = inside.raw().try_send_unopened(m, what);
  if (done == errc::ok) self_->sent(what.bytes, what.messages);
  else if (done != errc::would_block && done != errc::not_supported) (void)self_->refuse(done);
  return done;
}

errc socket::try_recv(message& m, batch::contents& what) {
  const turn inside(*this);
  if (!inside) return inside.why();
  const errc done = inside.raw().try_recv_unopened(m, what);
  if (done == errc::ok && what.messages == 0) self_->received(m.byte_size());
  else if (done == errc::ok) self_->received(what.bytes, what.messages);
  return done;
}

result<void> socket::send(message& m, deadline until, std::stop_token stop) {
  const turn inside(*this);
  if (!inside) return inside.why();
  const std::size_t bytes = m.byte_size();
  const errc first = inside.raw().try_send(m);
  if (first == errc::ok) [[likely]] {
    self_->sent(bytes);
    return {};
  }
  return send_slowly(m, first, until, stop);
}

result<void> socket::send(bytes_view body, deadline until, std::stop_token stop) {
  const turn inside(*this);
  if (!inside) return inside.why();
  const errc first = inside.raw().try_send(body);
  if (first == errc::ok) [[likely]] {
    self_->sent(body.size());
    return {};
  }
  message m(frame::borrow(body));
  return send_slowly(m, first, until, stop);
}

result<void> socket::send_slowly(message& m, errc first, deadline until, const std::stop_token& stop) {
  raw_socket& raw = *self_->owned;
  const std::size_t bytes = m.byte_size();
  const std::stop_callback wake(stop, [&raw] { raw.wake(); });
  for (errc done = first; done != errc::ok; done = raw.try_send(m)) {
    if (done != errc::would_block) return self_->refuse(done);
    if (stop.stop_requested()) return errc::cancelled;
    if (until.passed()) return errc::timeout;
    raw.wait(events::writable, until.at());
  }
  self_->sent(bytes);
  return {};
}

result<message> socket::recv(deadline until, std::stop_token stop) {
  result<message> got;  // filled in place: moving a message costs as much as receiving one
  if (auto done = recv(*got, until, std::move(stop)); !done) got = done.error();
  return got;
}

result<void> socket::recv(message& into, deadline until, std::stop_token stop) {
  const turn inside(*this);
  if (!inside) return inside.why();
  const errc first = inside.raw().try_recv(into);
  if (first == errc::ok) [[likely]] {
    self_->received(into.byte_size());
    return {};
  }
  return recv_slowly(into, first, until, stop);
}

result<void> socket::recv_slowly(message& m, errc first, deadline until, const std::stop_token& stop) {
  raw_socket& raw = *self_->owned;
  const std::stop_callback wake(stop, [&raw] { raw.wake(); });
  for (errc done = first; done != errc::ok; done = raw.try_recv(m)) {
    if (done != errc::would_block) return done;
    if (stop.stop_requested()) return errc::cancelled;
    if (until.passed()) return errc::timeout;
    raw.wait(events::readable, until.at());
  }
  self_->received(m.byte_size());
  return {};
}

result<void> socket::subscribe(bytes_view prefix) {
  const turn inside(*this);
  if (!inside.may_open()) return inside.why();
  if (self_->as != role::subscriber) return errc::not_supported;
  if (prefix.size() > max_prefix) return errc::too_large;
  if (inside)
    if (const errc done = inside.raw().subscribe(prefix); done != errc::ok) return done;
  self_->topics.emplace(as_text(prefix));
  return {};
}

result<void> socket::unsubscribe(bytes_view prefix) {
  const turn inside(*this);
  if (!inside.may_open()) return inside.why();
  if (self_->as != role::subscriber) return errc::not_supported;
  if (inside)
    if (const errc done = inside.raw().unsubscribe(prefix); done != errc::ok) return done;
  if (const auto at = self_->topics.find(as_text(prefix)); at != self_->topics.end()) self_->topics.erase(at);
  return {};
}

result<void> socket::wait_until(const std::function<bool(raw_socket&)>& holds, deadline until,
                                const std::stop_token& stop) {
  const turn inside(*this);
  if (!inside) return inside.why();
  raw_socket& raw = inside.raw();
  const std::stop_callback wake(stop, [&raw] { raw.wake(); });
  while (!holds(raw)) {
    if (stop.stop_requested()) return errc::cancelled;
    if (until.passed()) return errc::timeout;
    raw.wait(events::none, earlier(until, look_again).at());
  }
  return {};
}

result<void> socket::wait_for_peers(std::size_t count, deadline until, std::stop_token stop) {
  auto done = wait_until([count](raw_socket& raw) { return raw.peer_count() >= count; }, until, stop);
  if (done.code() != errc::timeout) return done;
  return failure(errc::timeout, "waited for " + std::to_string(count) + " peers, have " + std::to_string(peer_count()));
}

result<void> socket::wait_for_subscriptions(std::size_t count, std::optional<bytes_view> topic, deadline until,
                                            std::stop_token stop) {
  std::size_t have = 0;
  auto enough = [&](raw_socket& raw) {
    have = raw.subscriptions(topic).value_or(raw.peer_count());
    return have >= count;
  };
  auto done = wait_until(enough, until, stop);
  if (done.code() != errc::timeout) return done;
  return failure(errc::timeout, "waited for " + std::to_string(count) + " subscriptions, have " + std::to_string(have));
}

result<events> socket::wait(events interest, deadline until, std::stop_token stop) {
  const turn inside(*this);
  if (!inside) return inside.why();
  raw_socket& raw = inside.raw();
  const std::stop_callback wake(stop, [&raw] { raw.wake(); });
  for (;;) {
    if (const events now = raw.ready(interest); any(now)) return now;
    if (stop.stop_requested()) return errc::cancelled;
    if (until.passed()) return errc::timeout;
    raw.wait(interest, until.at());
  }
}

result<socket_event> socket::next_event(deadline until, std::stop_token stop) {
  socket_event event;
  if (auto got = wait_until([&event](raw_socket& raw) { return raw.next_event(event); }, until, stop); !got)
    return got.error();
  return event;
}

frame socket::loan(std::size_t size) {
  const turn inside(*this);
  return inside ? inside.raw().allocate(size) : frame::make(size);
}

result<void> socket::close(duration linger) {
  const turn inside(*this);
  if (!inside.may_open()) return inside.why();
  self_->closed.store(true, std::memory_order_relaxed);
  if (!inside) return {};
  const errc done = inside.raw().close(linger);
  if (done == errc::ok) return {};
  return failure(done, "closed before everything was handed over: " + ledger().str());
}

bool socket::is_closed() const noexcept { return !self_ || self_->closed.load(std::memory_order_relaxed); }

wye::ledger socket::ledger() const {
  wye::ledger all;
  if (!self_) return all;
  if (const raw_socket* raw = self_->raw.load(std::memory_order_acquire)) all = raw->counts();
  all.sent += self_->sent_count.load(std::memory_order_relaxed);
  all.sent_bytes += self_->sent_bytes.load(std::memory_order_relaxed);
  all.received += self_->received_count.load(std::memory_order_relaxed);
  all.received_bytes += self_->received_bytes.load(std::memory_order_relaxed);
  all.refused += self_->refused.load(std::memory_order_relaxed);
  for (std::size_t i = 0; i < drop_reasons; ++i) all.dropped[i] += self_->dropped[i].load(std::memory_order_relaxed);
  return all;
}

void socket::count_drop(drop_reason why, std::uint64_t messages) noexcept {
  if (self_) self_->dropped[static_cast<std::size_t>(why)].fetch_add(messages, std::memory_order_relaxed);
}

std::vector<peer_info> socket::peers() const {
  const raw_socket* raw = self_ ? self_->raw.load(std::memory_order_acquire) : nullptr;
  return raw != nullptr ? raw->peers() : std::vector<peer_info>{};
}

std::size_t socket::peer_count() const noexcept {
  const raw_socket* raw = self_ ? self_->raw.load(std::memory_order_acquire) : nullptr;
  return raw != nullptr ? raw->peer_count() : 0;
}

std::optional<std::size_t> socket::subscriptions(std::optional<bytes_view> topic) const {
  const raw_socket* raw = self_ ? self_->raw.load(std::memory_order_acquire) : nullptr;
  return raw != nullptr ? raw->subscriptions(topic) : std::nullopt;
}

role socket::as() const noexcept { return self_ ? self_->as : role::pair; }

const socket_options& socket::options() const noexcept {
  static const socket_options defaults;
  return self_ ? self_->options : defaults;
}

std::string_view socket::engine_name() const noexcept { return self_ ? self_->engine_name : std::string_view{}; }

bool socket::uses(std::string_view engine) const noexcept { return self_ && self_->uses(engine); }

raw_socket* socket::raw() noexcept { return self_ ? self_->owned.get() : nullptr; }

}  // namespace wye
