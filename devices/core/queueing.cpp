#include "queueing.hpp"

#include <algorithm>
#include <utility>

#include <wye/detail/check_option.hpp>

#include "envelopes.hpp"
#include "pauses.hpp"

namespace wye::devices {
namespace {

constexpr auto worker_rest = std::chrono::milliseconds(5);  // of one that takes nothing more

const queue_options& checked(const queue_options& o) {
  using std::chrono::milliseconds;
  detail::check_option(o.heartbeat >= milliseconds(10) && o.heartbeat <= std::chrono::hours(1), "heartbeat",
                       "10 ms to 1 h");
  detail::check_option(o.misses >= 1 && o.misses <= 1000, "misses", "1 to 1000");
  detail::check_option(o.request_expiry >= milliseconds(1) && o.request_expiry <= std::chrono::hours(24),
                       "request_expiry", "1 ms to 24 h");
  detail::check_option(o.max_waiting >= 1 && o.max_waiting <= 10'000'000, "max_waiting", "1 to 10000000");
  detail::check_option(o.max_bytes >= 1, "max_bytes", "at least 1");
  detail::check_option(o.max_redispatch >= 0 && o.max_redispatch <= 1000, "max_redispatch", "0 to 1000");
  detail::check_option(o.max_workers >= 1 && o.max_workers <= 65536, "max_workers", "1 to 65536");
  const auto& c = o.common;
  const bool somebody =
      !(c.backend.empty() && c.backend_connect.empty() && o.backend_plain.empty() && o.backend_plain_connect.empty());
  detail::check_option(somebody, "backend", "at least one endpoint to bind or to connect, here or as backend_plain");
  return o;
}

side_plan registered_plan(const device_options& o) {
  side_plan plan{.name = "backend",
                 .as = role::router,
                 .bind = o.backend,
                 .connect = o.backend_connect,
                 .options = o.backend_socket};
  plan.options.probe_peers = true;
  return plan;
}

side_plan plain_plan(const queue_options& o) {
  return {.name = "backend_plain",
          .as = role::dealer,
          .bind = o.backend_plain,
          .connect = o.backend_plain_connect,
          .options = o.common.backend_socket};
}

}  // namespace

queueing::queueing(context& ctx, const queue_options& o)
    : mechanism(ctx, o.common),
      options_(checked(o)),
      clients_(open_front(ctx, o.common, role::router), o.common.frontend_socket.send_queue, backward()),
      workers_side_(open(ctx, registered_plan(o.common))),
      plain_(open(ctx, plain_plan(o)), o.max_envelopes),
      workers_(o.max_workers, o.heartbeat * o.misses),
      requests_(o.max_waiting) {}

// --- events and timers -----------------------------------------------------------------------------------------------

void queueing::attend(time_point now) {
  now_ = now;
  if (retry_at_ <= now) retry_at_ = time_point::max();
  clients_.send_waiting(now);
  workers_side_.take_events([this](std::size_t, const socket_event& e) {
    peer_went_ = peer_went_ || e.what == socket_event::kind::peer_down || e.what == socket_event::kind::events_lost;
  });
  if (peer_went_) next_beat_ = std::min(next_beat_, last_beat_ + churn_pause);
  expire();
}

time_point queueing::next_timer() const {
  const auto oldest = requests_.oldest();
  const auto expiry = oldest == request_table::none ? time_point::max() : requests_[oldest].expires;
  const auto retry = any_missed_ ? now_ : retry_at_;
  return std::min({workers_.size() > 0 ? next_beat_ : time_point::max(), retry, expiry, clients_.next_try()});
}

void queueing::expire() {
  for (auto r = requests_.oldest(); r != request_table::none && requests_[r].expires <= now_; r = requests_.oldest())
    give_up(r, drop_reason::expired, "the queue had no answer from a worker in time");
}

// A heartbeat to everybody. Those that were silent for too long are lost; those that can't be reached soon, too.
void queueing::beat() {
  last_beat_ = now_;
  next_beat_ = now_ + (peer_went_ ? std::min<duration>(second_look, options_.heartbeat) : options_.heartbeat);
  peer_went_ = false;
  workers_.each([this](worker_table::id w) {
    const auto& worker = workers_[w];
    if (workers_.silent(w, now_)) lose(w);
    else if (tell(worker.socket, worker.identity, envelope::control::heartbeat) == errc::no_peer) miss(w);
  });
}

errc queueing::tell(std::size_t socket, std::string_view identity, envelope::control what) {
  out_.clear();
  out_.push_back(identity);
  out_.push_back(frame());
  out_.push_back(envelope::make_control(what).pop_front());
  return workers_side_[socket].try_send(out_);
}

// --- requests --------------------------------------------------------------------------------------------------------

std::optional<drop_reason> queueing::judge(const message& m) {
  if (m.size() == 2 && m[1].empty()) return drop_reason::malformed;  // a router's greeting: not a request
  if (const auto fault = fault_of(m, options_.common.frontend_socket.max_hops)) return fault;
  const auto size = envelope_size(m);
  if (!size) return plain_.sockets().empty() ? std::optional(drop_reason::malformed) : std::nullopt;
  if (names_request(m, *size) && requests_.find(m, *size)) return drop_reason::duplicate;
  return std::nullopt;
}

// Requests that every worker may have, and that can wait here. Others go at once, or are held by the flow until they
// can.
errc queueing::accept(message& m) {
  const auto size = envelope_size(m);
  if (!size) return accept_free(m);
  if (full(m.byte_size()))
    return refuse(m, *size, drop_reason::queue_full, "the queue is full: no worker has room"), errc::ok;
  requests_.add(m, *size, now_ + options_.request_expiry);
  dispatch();
  return errc::ok;
}

bool queueing::full(std::size_t more_bytes) const noexcept {
  if (requests_.waiting() >= options_.max_waiting) return true;
  return requests_.size() > 0 && requests_.bytes() + more_bytes > options_.max_bytes;
}

errc queueing::accept_free(message& m) {
  const std::size_t bytes = m.byte_size();
  const errc sent = plain_.try_send(m);
  if (sent == errc::ok) forward().pass(bytes);
  return sent;
}

// What a missed worker has goes before what waits, so that waits until it is lost.
void queueing::dispatch() {
  for (auto r = requests_.first_waiting(); r != request_table::none && !any_missed_; r = requests_.first_waiting())
    if (!dispatch_to_worker(r) && !dispatch_to_plain(r)) break;
}

// True if something was done about it.
bool queueing::dispatch_to_worker(request_table::id r) {
  const auto w = workers_.choose(now_);
  if (!w) return false;
  const errc sent = send_to(*w, r);
  if (sent == errc::ok) {
    if (requests_[r].given > 0) redispatched_.add();
    requests_.given(r, *w);
    workers_.give(*w);
  } else if (sent == errc::no_peer) {
    miss(*w);
  } else if (sent == errc::would_block) {
    workers_.rest(*w, now_ + worker_rest);
    retry_at_ = now_ + worker_rest;
  } else {
    give_up(r, reason_of(sent), "the request can't be passed on: " + failure(sent).message());
  }
  return true;
}

errc queueing::send_to(worker_table::id w, request_table::id r) {
  out_.clear();
  out_.push_back(workers_[w].identity);
  for (const frame& f : requests_[r].content) out_.push_back(f);
  return workers_side_[workers_[w].socket].try_send(out_);
}

bool queueing::dispatch_to_plain(request_table::id r) {
  if (plain_.sockets().empty()) return false;
  out_ = requests_[r].content;
  const errc sent = plain_.try_send(out_);
  if (sent == errc::would_block) return false;
  if (sent != errc::ok)
    return give_up(r, reason_of(sent), "the request can't be passed on: " + failure(sent).message()), true;
  forward().pass(requests_[r].bytes);
  requests_.remove(r);
  ++plain_sent_;
  return true;
}

void queueing::give_up(request_table::id r, drop_reason why, std::string_view text) {
  const auto w = requests_[r].worker;
  refuse(requests_[r].content, requests_[r].envelope, why, text);
  requests_.remove(r);
  if (w != request_table::none && workers_.done(w)) workers_.remove(w);
}

// --- workers ---------------------------------------------------------------------------------------------------------

// It can't be reached. Its last words, answers and a goodbye, may have come after we listened: they are here by now,
// and are heard in the next turn, before it is lost.
void queueing::miss(worker_table::id w) {
  workers_.miss(w);
  any_missed_ = true;
}

void queueing::lose_missed() {
  if (!std::exchange(any_missed_, false)) return;
  workers_.each([this](worker_table::id w) {
    if (workers_[w].missed) lose(w);
  });
}

// Its requests wait for another one, in the order in which they came; those that were passed round too often are given
// up.
void queueing::lose(worker_table::id w) {
  std::vector<request_table::id> orphans;
  for (auto r = requests_.oldest(); r != request_table::none; r = requests_.after(r))
    if (requests_[r].worker == w) orphans.push_back(r);
  std::for_each(orphans.rbegin(), orphans.rend(), [this](auto r) { requests_.wait_again(r); });
  workers_.remove(w);
  lost_.add();
  for (const auto r : orphans)
    if (requests_[r].given > options_.max_redispatch)
      give_up(r, drop_reason::peer_lost, "the workers that had the request vanished");
}

std::size_t queueing::hear_workers(std::size_t burst) {
  std::size_t heard = 0;
  for (; heard < burst && workers_side_.try_recv(said_) == errc::ok; ++heard) hear(said_);
  workers_side_.rotate();
  return heard;
}

// [identity][""][control], where an NNG peer's empty frame may be missing, or [identity][client…][""][body…].
void queueing::hear(message& m) {
  const std::size_t socket = workers_side_.last();
  const frame identity = m.pop_front();
  const auto known = workers_.find(socket, identity.text());
  if (known) workers_.heard(*known, now_);
  if (m.empty() || (m.size() == 1 && m.front().empty())) return;  // a router's greeting
  if (m.size() == 2 && m.front().empty()) m.pop_front();
  if (const auto said = envelope::control_in(m)) return hear_control(socket, identity.text(), *said);
  take_answer(known, m);
}

void queueing::hear_control(std::size_t socket, std::string_view identity, const envelope::control_message& said) {
  const auto known = workers_.find(socket, identity);
  if (said.what == envelope::control::ready) return register_worker(socket, identity, said.capacity);
  if (said.what == envelope::control::goodbye && known && workers_.leave(*known)) workers_.remove(*known);
  if (said.what == envelope::control::heartbeat &&
      !known) {  // given up too early: greet it, so that it registers again
    out_.clear();
    out_.push_back(identity);
    out_.push_back(frame());
    (void)workers_side_[socket].try_send(out_);
  }
}

// READY is a new beginning: what the worker had before, it had before its connection broke.
void queueing::register_worker(std::size_t socket, std::string_view identity, std::size_t capacity) {
  if (const auto known = workers_.find(socket, identity)) lose(*known);
  if (!workers_.add(socket, identity, capacity, now_)) return;
  next_beat_ = std::min(next_beat_, now_ + options_.heartbeat);
}

void queueing::take_answer(std::optional<worker_table::id> from, message& m) {
  const auto size = envelope_size(m);
  if (!size || *size == 0) return backward().drop(drop_reason::malformed);
  const auto r = requests_.find(m, *size, from.value_or(request_table::none));
  if (!r) return backward().drop(drop_reason::duplicate);
  const auto w = requests_[*r].worker;
  forward().pass(requests_[*r].bytes);
  requests_.remove(*r);
  answer(m);
  if (w != request_table::none && workers_.done(w)) workers_.remove(w);
}

void queueing::answer(message& m) {
  copies().copy(m);
  if (const errc sent = clients_.try_send(m); sent != errc::ok) backward().drop(reason_of(sent));
}

// Counts the request, and tells its client.
void queueing::refuse(const message& request, std::size_t envelope, drop_reason why, std::string_view text) {
  forward().drop(why);
  message m;
  for (std::size_t i = 0; i <= envelope; ++i) m.push_back(request[i]);
  for (frame& f : envelope::make_error(text)) m.push_back(std::move(f));
  answer(m);
}

// --- the turn --------------------------------------------------------------------------------------------------------

std::size_t queueing::move(std::size_t burst, bool taking) {
  std::size_t moved = hear_workers(burst);
  lose_missed();  // after what they said last
  if (now_ >= next_beat_) beat();
  for (std::size_t n = 0; n < burst && plain_.try_recv(said_) == errc::ok; ++n, ++moved) {
    if (envelope_size(said_)) ++plain_answered_;
    if (plain_.restore(said_)) answer(said_);
    else backward().drop(drop_reason::late_reply);
  }
  plain_.rotate();
  dispatch();
  intake in{*this};
  moved += forward().move(clients_, in, burst, taking, [this](const message& m) { return judge(m); });
  worker_count_.set(workers_.size()), waiting_.set(requests_.waiting()), held_.set(requests_.size());
  return moved;
}

void queueing::watch(watch_list& list, bool taking) {
  const bool wants_plain = requests_.waiting() > 0 || forward().holding();
  list.add(workers_side_, events::readable);
  list.add(plain_.sockets(), wants_plain ? events::both : events::readable);
  if (taking && !forward().holding()) list.add(clients_.sockets(), events::readable);
}

std::uint64_t queueing::plain_unanswered() const noexcept {
  return plain_sent_ > plain_answered_ ? plain_sent_ - plain_answered_ : 0;
}

bool queueing::settled() const {
  return mechanism::settled() && requests_.size() == 0 && plain_unanswered() == 0 && clients_.waiting() == 0;
}

void queueing::abandon() {
  mechanism::abandon();
  clients_.abandon();
  for (; requests_.size() > 0; requests_.remove(requests_.oldest())) forward().drop(drop_reason::stopped);
  held_.set(0), waiting_.set(0);
}

void queueing::report_more(device_statistics& to) const {
  to.in_flight += held_.value() + clients_.waiting();
  to.details["workers"] = worker_count_.value();
  to.details["waiting"] = waiting_.value();
  to.details["outstanding"] = held_.value() - std::min(held_.value(), waiting_.value());
  to.details["redispatched"] = redispatched_.value();
  to.details["workers_lost"] = lost_.value();
  to.details["envelopes"] = plain_.translated();
}

}  // namespace wye::devices
