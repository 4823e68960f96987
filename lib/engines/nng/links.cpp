#include "links.hpp"

#include <algorithm>
#include <array>

#include <wye/error.hpp>

#include "address.hpp"
#include "ipc_path.hpp"
#include "statistics.hpp"
#include "stillness.hpp"

namespace wye::nng {
namespace {

constexpr auto look_interval = std::chrono::milliseconds(20);

using kind = socket_event::kind;

// NNG's failure counters, and what they mean for whoever dials and whoever listens.
struct failure_counter {
  const char* name;
  kind dialing;
  const char* dialing_means;
  kind listening;
  const char* listening_means;
  bool (*counts)(nng_stat*) = [](nng_stat*) { return true; };
};

// "other" counts the end of each connection, too.
bool never_connected(nng_stat* scope) noexcept {
  return statistics::value(scope, "connect") == 0 && statistics::value(scope, "accept") == 0;
}

constexpr std::array<failure_counter, 6> counters{{
    {"refused", kind::connect_failed, "nobody listens there yet; it will be tried again", kind::accept_failed, nullptr},
    {"timeout", kind::connect_failed, "no answer in time; it will be tried again", kind::peer_rejected,
     "somebody connected and did not finish the handshake in 10 s"},
    {"proto", kind::peer_rejected,
     "what answers there does not speak SP (the protocol of NNG and nanomsg), or on ws another pattern",
     kind::peer_rejected, "somebody connected who does not speak SP (the protocol of NNG and nanomsg)"},
    {"other", kind::connect_failed, "no such host or no way to it, or out of file descriptors; it will be tried again",
     kind::accept_failed,
     "a connection could not be taken: the process is out of file descriptors, or somebody hung up in the handshake",
     never_connected},
    {"oom", kind::connect_failed, "out of memory; it will be tried again", kind::accept_failed, "out of memory"},
    {"auth", kind::peer_rejected, "the peer could not prove who it is", kind::peer_rejected,
     "the peer could not prove who it is"},
}};

witness witness_of(const endpoint& e) noexcept {
  if (e.transport == "inproc") return witness::stamps;
  return e.transport == "ws" ? witness::nothing : witness::statistics;
}

// Whether a dialer found somebody before, has no connection now, and so may be in the midst of making one.
bool redials(int dialer) {
  bool does = false;
  const statistics all;
  all.for_each([&](nng_stat* scope) {
    if (std::string_view(nng_stat_name(scope)) != "dialer") return;
    if (statistics::value(scope, "id") != static_cast<std::uint64_t>(dialer)) return;
    does = statistics::value(scope, "connect") > 0 && statistics::value(scope, "pipes") == 0;
  });
  return does;
}

nng_duration ms(std::chrono::milliseconds d) noexcept { return static_cast<nng_duration>(d.count()); }

}  // namespace

endpoint links::bind(const endpoint& at) {
  refuse_taken_path(at);
  link l{.given = at, .real = at, .listener = true};
  nng_listener listener{};
  if (const int rv = nng_listener_create(&listener, socket_, url_of(at).c_str()); rv != 0) fail("bind", at, rv);
  l.id = nng_listener_id(listener);
  (void)nng_listener_set_size(listener, NNG_OPT_RECVMAXSZ, 2 * options_.max_message);
  keep(l);
  if (const int rv = nng_listener_start(listener, 0); rv != 0) {
    (void)nng_listener_close(listener);
    forget(number_of(l.listener, l.id));
    fail("bind", at, rv);
  }
  const std::lock_guard guard(mutex_);
  link* kept = find(true, l.id);
  resolve_port(*kept);
  return kept->real;
}

void links::connect(const endpoint& to) {
  nng_dialer dialer{};
  if (const int rv = nng_dialer_create(&dialer, socket_, url_of(to).c_str()); rv != 0) fail("connect", to, rv);
  const link l{.given = to, .real = to, .listener = false, .id = nng_dialer_id(dialer)};
  // Somebody late in the same machine should be found quickly; there is no network to spare.
  const bool local = to.transport == "inproc" || to.transport == "ipc";
  const auto least = local ? std::min(options_.reconnect_min, std::chrono::milliseconds(20)) : options_.reconnect_min;
  const auto most = local ? std::min(options_.reconnect_max, std::chrono::milliseconds(100)) : options_.reconnect_max;
  (void)nng_dialer_set_ms(dialer, NNG_OPT_RECONNMINT, ms(least));
  (void)nng_dialer_set_ms(dialer, NNG_OPT_RECONNMAXT, ms(most));
  (void)nng_dialer_set_size(dialer, NNG_OPT_RECVMAXSZ, 2 * options_.max_message);
  keep(l);
  if (const int rv = nng_dialer_start(dialer, NNG_FLAG_NONBLOCK); rv != 0) {
    (void)nng_dialer_close(dialer);
    forget(number_of(l.listener, l.id));
    fail("connect", to, rv);
  }
}

int links::number_of(const endpoint& which) {
  const std::lock_guard guard(mutex_);
  const auto at = std::find_if(all_.begin(), all_.end(),
                               [&](const link& l) { return !l.leaving && (l.given == which || l.real == which); });
  if (at == all_.end())
    throw error(errc::bad_endpoint,
                "remove '" + which.str() + "': this socket neither listens there nor connects to it");
  return number_of(at->listener, at->id);
}

int links::number_of(nng_pipe pipe) noexcept {
  const int listener = nng_listener_id(nng_pipe_listener(pipe));
  return listener > 0 ? number_of(true, listener) : number_of(false, nng_dialer_id(nng_pipe_dialer(pipe)));
}

// Closes its connections, too, without a chance for them to come back.
void links::remove(int number, time_point until) noexcept {
  await_stillness(until);
  if (number > 0) (void)nng_listener_close({static_cast<std::uint32_t>(number)});
  else (void)nng_dialer_close({static_cast<std::uint32_t>(-number)});
  forget(number);
}

// A peer that hangs up in its handshake may leave NNG's ipc listener deaf for good. So a dialer that is turned away and
// tries again is not closed in the midst of that, but when a connection has just gone and the next has not begun.
bool links::leaves_by_itself(int number) {
  if (number > 0 || !redials(-number)) return false;
  const std::lock_guard guard(mutex_);
  link* at = find(false, -number);
  if (at == nullptr || at->real.transport != "ipc") return false;
  return at->leaving = true;
}

void links::let_go(nng_pipe pipe) {
  const nng_dialer dialer = nng_pipe_dialer(pipe);
  {
    const std::lock_guard guard(mutex_);
    const link* at = find(false, nng_dialer_id(dialer));
    if (at == nullptr || !at->leaving) return;
  }
  (void)nng_dialer_close(dialer);
  forget(number_of(false, nng_dialer_id(dialer)));
}

void links::remove_all(time_point until) noexcept {
  while (const int number = any()) remove(number, until);
}

int links::any() noexcept {
  const std::lock_guard guard(mutex_);
  return all_.empty() ? 0 : number_of(all_.front().listener, all_.front().id);
}

void links::keep(link l) {
  const std::lock_guard guard(mutex_);
  all_.push_back(std::move(l));
}

void links::forget(int number) noexcept {
  const std::lock_guard guard(mutex_);
  std::erase_if(all_, [&](const link& l) { return number_of(l.listener, l.id) == number; });
}

links::link* links::find(bool listener, int id) noexcept {
  const auto at =
      std::find_if(all_.begin(), all_.end(), [&](const link& l) { return l.listener == listener && l.id == id; });
  return at == all_.end() ? nullptr : &*at;
}

void links::resolve_port(link& l) {
  if (l.given.transport != "tcp" && l.given.transport != "ws") return;
  nng_sockaddr address{};
  const nng_listener listener{static_cast<std::uint32_t>(l.id)};
  if (nng_listener_get_addr(listener, NNG_OPT_LOCADDR, &address) == 0 && port_of(address) != 0)
    l.real.port = port_of(address);
}

links::origin links::origin_of(nng_pipe pipe) {
  const int listener = nng_listener_id(nng_pipe_listener(pipe));
  const int id = listener > 0 ? listener : nng_dialer_id(nng_pipe_dialer(pipe));
  const std::lock_guard guard(mutex_);
  const link* at = find(listener > 0, id);
  const endpoint none;
  const endpoint& e = at == nullptr ? none : at->real;
  nng_sockaddr address{};
  const bool known = nng_pipe_get_addr(pipe, NNG_OPT_REMADDR, &address) == 0;
  return {known && listener > 0 ? text_of(address, e) : e.str(), witness_of(e), at == nullptr || !at->leaving};
}

void links::report_failures(peers& to) {
  const std::lock_guard guard(mutex_);
  if (all_.empty() || clock::now() < next_look_) return;
  next_look_ = clock::now() + look_interval;
  const statistics all;
  all.for_each([&](nng_stat* scope) {
    const std::string_view name = nng_stat_name(scope);
    if (name != "listener" && name != "dialer") return;
    const auto id = static_cast<int>(statistics::value(scope, "id"));
    link* at = find(name == "listener", id);
    if (at == nullptr || at->leaving) return;
    for (auto& e : news(*at, scope)) to.add_event(std::move(e));
  });
}

std::vector<socket_event> links::news(link& l, nng_stat* scope) {
  std::vector<socket_event> out;
  l.failures.resize(counters.size());
  for (std::size_t i = 0; i < counters.size(); ++i) {
    const failure_counter& c = counters[i];
    const std::uint64_t before = std::exchange(l.failures[i], statistics::value(scope, c.name));
    const char* means = l.listener ? c.listening_means : c.dialing_means;
    if (l.failures[i] == before || means == nullptr || !c.counts(scope)) continue;
    out.push_back({.what = l.listener ? c.listening : c.dialing,
                   .peer = 0,
                   .endpoint = l.real.str(),
                   .detail = l.real.str() + ": " + means,
                   .topic = {}});
  }
  return out;
}

}  // namespace wye::nng
