#include <wye/detail/check_option.hpp>
#include <wye/detail/turn_keeper.hpp>
#include <wye/envelope.hpp>
#include <wye/reqrep.hpp>
#include <wye/wake_event.hpp>

#include <algorithm>
#include <map>
#include <optional>

#include "answers.hpp"
#include "handler_pool.hpp"
#include "worker_links.hpp"

namespace wye {
namespace {

constexpr auto heartbeat_interval = std::chrono::seconds(1);
constexpr auto look_for_devices = std::chrono::milliseconds(100);

const replier_options& checked(const replier_options& o) {
  detail::check_option(o.workers >= 1 && o.workers <= 255, "workers", "1 to 255");
  detail::check_option(o.prefetch >= 0 && o.prefetch <= 255, "prefetch", "0 to 255");
  return o;
}

// An NNG request that came through a bridge: its header's last two words, a pipe (bit 31 clear) and a serial.
bool ends_like_nng(const message& envelope) {
  const bytes_view pipe = envelope[envelope.size() - 2].bytes();
  return pipe.size() == 4 && !envelope::decode_serial(pipe) && envelope::decode_serial(envelope.back().bytes());
}

// Identifies a request among all, or nullopt if its envelope carries no request id that is unique. Of a whole id it is
// what follows the first three bytes, which are always the same: that needs no heap, and its first byte, the 'e', tells
// it from the other kind.
std::optional<std::string> key_of(const message& envelope, const socket& link) {
  if (envelope.size() < 2) return std::nullopt;
  if (envelope::decode(envelope.back().bytes())) return std::string(envelope.back().text().substr(3));
  const bool has_serial =
      link.uses("nng") ? envelope::decode_serial(envelope.back().bytes()).has_value() : ends_like_nng(envelope);
  if (!has_serial) return std::nullopt;
  std::string key;
  for (const frame& f : envelope) key.append(1, static_cast<char>(f.size())).append(f.text());
  return key;
}

}  // namespace

struct raw_replier::state {
  state(context& ctx, const replier_options& o)
      : options(checked(o)),
        link(ctx, role::router, o.bind, o.connect, o.socket),
        links(ctx),
        known(o.remember, o.remember_bytes) {}

  result<void> recv(request& into, deadline until, const std::stop_token& stop);
  bool next(request& into);
  bool sort_out(message& m, request& into);
  bool is_greeting(const message& envelope, const message& body);
  result<void> answer(const message& to, message&& body, deadline until);
  // Requests in hand at most, handled or waiting for a worker.
  [[nodiscard]] int capacity() const noexcept {
    return options.prefetch > 0 ? options.prefetch : std::min(255, 2 * options.workers);
  }
  errc try_send(message& m);
  errc try_recv(message& m);
  void keep_registered();
  void wait(events interest, deadline until);
  void wake() noexcept;
  void say(const std::string& device, envelope::control what);

  const replier_options options;
  socket link;
  detail::worker_links links;
  wake_event woken;
  detail::turn_keeper turns;
  detail::answers known;
  message in, out;                            // so that they keep their memory
  std::map<std::string, time_point> devices;  // queue devices that greeted us: identity → last sign of life
  time_point next_heartbeat = clock::now();
  std::uint64_t repeats = 0;
};

// A queue device greets with an empty message ([identity][""]); from then on its control messages are for us.
bool raw_replier::state::is_greeting(const message& envelope, const message& body) {
  if (envelope.size() != 1) return false;
  const std::string from(envelope[0].text());
  if (body.empty()) {
    devices[from] = clock::now();
    say(from, envelope::control::ready);
    return true;
  }
  const auto device = devices.find(from);
  if (device == devices.end() || !envelope::control_in(body)) return false;
  device->second = clock::now();
  return true;
}

void raw_replier::state::say(const std::string& device, envelope::control what) {
  message m(frame::copy_of(device));
  m = envelope::join(std::move(m), envelope::make_control(what, static_cast<std::uint8_t>(capacity())));
  if (try_send(m) == errc::no_peer) devices.erase(device);
}

errc raw_replier::state::try_send(message& m) {
  return links.owns(m.front().text()) ? links.try_send(m) : link.try_send(m);
}

errc raw_replier::state::try_recv(message& m) {
  const errc done = link.try_recv(m);
  return done == errc::would_block && !links.empty() ? links.try_recv(m) : done;
}

void raw_replier::state::wake() noexcept {
  link.raw()->wake();
  woken.set();
}

void raw_replier::state::wait(events interest, deadline until) {
  if (!devices.empty()) until = earlier(until, next_heartbeat);
  // Whether the other side is a queue device shows in an event, which ends no wait for messages.
  if (link.uses("nng") && !options.connect.empty()) until = earlier(until, look_for_devices);
  if (links.empty()) {
    link.raw()->wait(interest, until.at());
    return;
  }
  std::vector<pollfd> fds{{woken.fd(), POLLIN, 0}};
  if (any(interest)) {
    if (any(link.raw()->ready(interest)) || !links.poll_fds(fds)) return;
    link.raw()->poll_fds(interest, fds);
  }
  poll_until(fds, until);
  if (fds[0].revents != 0) woken.clear();
}

void raw_replier::state::keep_registered() {
  links.look(link, options.connect);
  const auto now = clock::now();
  if (devices.empty() || now < next_heartbeat) return;
  next_heartbeat = now + heartbeat_interval;
  std::vector<std::string> all;
  for (const auto& [device, alive] : devices) all.push_back(device);
  for (const auto& device : all) say(device, envelope::control::heartbeat);
}

bool raw_replier::state::sort_out(message& m, request& into) {
  message& from = into.envelope;
  if (!envelope::split(m, from, envelope::max_hops + 1) || from.empty()) {
    link.count_drop(drop_reason::malformed);
    return false;
  }
  if (is_greeting(from, m)) return false;
  const auto key = options.remember > 0 ? key_of(from, link) : std::nullopt;
  switch (key ? known.seen(*key, from) : detail::answers::verdict::fresh) {
    case detail::answers::verdict::fresh: into.body = std::move(m); return true;
    case detail::answers::verdict::running: break;
    case detail::answers::verdict::answered: (void)answer(from, message(known.find(*key)), deadline::now()); break;
  }
  ++repeats;
  link.count_drop(drop_reason::duplicate);
  return false;
}

bool raw_replier::state::next(request& into) {
  while (try_recv(in) == errc::ok)
    if (sort_out(in, into)) return true;
  return false;
}

result<void> raw_replier::state::answer(const message& to, message&& body, deadline until) {
  if (body.byte_size() > options.socket.max_message)
    body = envelope::make_error("the answer has " + std::to_string(body.byte_size()) + " bytes, more than max_message");
  for (const frame& f : to) out.push_back(frame::borrow(f.bytes()));
  envelope::append(out, std::move(body));
  auto sent = links.owns(out.front().text()) ? result<void>(links.try_send(out)) : link.send(out, until);
  out.clear();
  return sent;
}

raw_replier::raw_replier(context& ctx, const replier_options& options) : self_(std::make_unique<state>(ctx, options)) {}
raw_replier::raw_replier(raw_replier&&) noexcept = default;
raw_replier& raw_replier::operator=(raw_replier&&) noexcept = default;

raw_replier::~raw_replier() {
  if (self_) (void)close();
}

result<void> raw_replier::close() {
  if (!self_) return errc::closed;
  const detail::inside in(self_->turns);
  if (!in) return errc::concurrent_use;
  state& s = *self_;
  if (s.link.is_closed() || s.link.raw() == nullptr) return s.link.close();
  const auto devices = s.devices;
  for (const auto& [device, alive] : devices) s.say(device, envelope::control::goodbye);
  s.links.close();
  return s.link.close();
}

result<void> raw_replier::state::recv(request& into, deadline until, const std::stop_token& stop) {
  const detail::inside in_turn(turns);
  if (!in_turn) return errc::concurrent_use;
  if (link.is_closed()) return errc::closed;
  if (link.raw() == nullptr) return failure(errc::wrong_state, "bind or connect first");
  const std::stop_callback wake_up(stop, [this] { wake(); });
  for (;;) {
    if (next(into)) return {};
    keep_registered();
    if (stop.stop_requested()) return errc::cancelled;
    if (until.passed()) return errc::timeout;
    wait(events::readable, until);
  }
}

result<raw_replier::request> raw_replier::recv(deadline until, std::stop_token stop) {
  result<request> got;  // filled in place: moving a request costs as much as taking one
  if (auto done = self_ ? self_->recv(*got, until, stop) : errc::closed; !done) got = done.error();
  return got;
}

result<void> raw_replier::reply(const request& to, message body, deadline until) {
  if (!self_) return errc::closed;
  const detail::inside in(self_->turns);
  if (!in) return errc::concurrent_use;
  state& s = *self_;
  const auto key = s.options.remember > 0 ? key_of(to.envelope, s.link) : std::nullopt;
  const auto newest = key ? s.known.answer(*key, body) : std::nullopt;
  auto sent = s.answer(newest ? *newest : to.envelope, std::move(body), until);
  if (sent.code() == errc::no_peer) s.link.count_drop(drop_reason::no_peer);
  return sent;
}

result<void> raw_replier::fail(const request& to, std::string_view text, deadline until) {
  return reply(to, envelope::make_error(text), until);
}

// One run of serve(): takes requests, has them handled here or by the pool, and sends what is finished.
class raw_replier::server {
 public:
  server(raw_replier& of, const handler& how, std::stop_token stop)
      : of_(of), s_(*of.self_), how_(how), stop_(std::move(stop)) {}

  result<void> run() {
    const std::stop_callback wake(stop_, [this] { s_.wake(); });
    for (;;) {
      if (s_.link.is_closed()) return errc::closed;
      send_finished();
      if (stop_.stop_requested() && busy() == 0) return {};
      if (auto taken = take_requests(); !taken) return taken;
      s_.keep_registered();
      s_.wait(may_take() ? events::readable : events::none, deadline::never());
    }
  }

 private:
  [[nodiscard]] std::size_t busy() const noexcept { return pool_ ? pool_->outstanding() : 0; }
  // More stay in the socket's queue, where back-pressure works.
  [[nodiscard]] bool may_take() const noexcept {
    return !stop_.stop_requested() && busy() < static_cast<std::size_t>(s_.capacity());
  }

  result<void> take_requests() {
    while (may_take()) {
      auto job = of_.recv(deadline::now());
      if (job.code() == errc::timeout) break;
      if (!job) return job.error();
      handle(std::move(*job));
      send_finished();
    }
    return {};
  }

  void handle(request job) {
    // With a queue device on the line, this thread must stay free for heartbeats.
    if (!pool_ && (s_.options.workers > 1 || !s_.devices.empty()))
      pool_.emplace(s_.options.workers, how_, [this] { s_.wake(); });
    if (pool_) return pool_->submit(std::move(job));
    message body = std::move(job.body);
    send_answer(job, detail::run_handler(how_, std::move(body)));
  }

  void send_finished() {
    if (!pool_) return;
    for (auto& done : pool_->take_finished()) send_answer(done.request, std::move(done.answer));
  }

  // An asker that has gone is counted in reply(); there is nobody else to tell.
  void send_answer(const request& to, result<message> answer) {
    constexpr auto patience = std::chrono::seconds(1);
    if (answer) (void)of_.reply(to, std::move(*answer), patience);
    else (void)of_.fail(to, answer.error().message(), patience);
  }

  raw_replier& of_;
  state& s_;
  const handler& how_;
  const std::stop_token stop_;
  std::optional<detail::handler_pool> pool_;
};

result<void> raw_replier::serve(const handler& how, std::stop_token stop) {
  if (!self_) return errc::closed;
  if (self_->link.raw() == nullptr) return failure(errc::wrong_state, "bind or connect first");
  return server(*this, how, std::move(stop)).run();
}

std::uint64_t raw_replier::repeats() const noexcept { return self_ ? self_->repeats : 0; }
socket& raw_replier::core() noexcept { return self_->link; }
const socket& raw_replier::core() const noexcept { return self_->link; }

}  // namespace wye
