#include "logging.hpp"

#include <algorithm>
#include <chrono>

#include <wye/detail/batch_reader.hpp>
#include <wye/log_protocol.hpp>

#include "pauses.hpp"
#include "queue_outlet.hpp"

namespace wye::devices {
namespace {

constexpr std::size_t most_waiting = 100'000, most_waiting_bytes = std::size_t{64} << 20, most_live = 10'000;
constexpr std::size_t max_header = std::size_t{64} << 10;  // of one message: topic, key, headers
constexpr auto tidy_every = std::chrono::seconds(1);
constexpr auto beat_every = std::chrono::seconds(2);
constexpr std::size_t values_at_once = 256;
constexpr auto store_pause = std::chrono::milliseconds(100);  // no event tells that a full store has room again

// What ends with the process is as durable as it gets at once.
sync_options sync_of(const log_forwarder_options& o) {
  return o.kept_in ? o.sync : sync_options{.mode = sync_mode::none};
}

endpoints endpoints_beside(const side& front, const side& back) {
  std::vector<std::string> all;
  for (const side* s : {&front, &back})
    for (const endpoint& plain : s->bound().at) all.push_back(log_protocol::beside(plain).str());
  if (all.empty())
    throw error(errc::bad_option, "the log needs an endpoint to listen at: neither frontend nor backend listens");
  return all;
}

socket_options log_options(socket_options o) {
  // A subscriber's credit bounds what is on its way; the rest waits in the log.
  o.send_queue = std::min<std::size_t>(o.send_queue, 256);
  return o;
}

device_options roomy(device_options common, const log_forwarder_options& o) {
  if (o.last_value) common.backend_socket = retained_values::roomy(common.backend_socket, o.max_values);
  return common;
}

side_plan log_plan(const log_forwarder_options& o, const side& front, const side& back) {
  return {.name = "log",
          .as = role::router,
          .bind = o.log.empty() ? endpoints_beside(front, back) : o.log,
          .options = log_options(o.log_socket)};
}

}  // namespace

logging::logging(context& ctx, const log_forwarder_options& o)
    : mechanism(ctx, o.common),
      ctx_(ctx),
      max_message_(o.log_socket.max_message),
      store_(o.kept_in ? o.kept_in : std::shared_ptr<store>(make_memory_store())),
      in_(open_front(ctx, o.common, role::subscriber, {""})),
      out_(open_back(ctx, roomy(o.common, o), role::publisher)),
      log_(open_log(ctx, o)),
      clients_(log_, 1000, backward()),
      service_(*store_, *this, o.log_socket.max_message - std::min(o.log_socket.max_message, max_header)),
      commit_(*store_, sync_of(o), [this] { synced_.set(); }) {
  if (o.last_value) load_values(o);
}

void logging::load_values(const log_forwarder_options& o) {
  values_.emplace(out_, o.max_values, o.max_value_bytes);
  service_.each_last(o.max_values, [this](const message& m) { values_->put(m); }).value();
  cached_.set(values_->size());
}

std::unique_ptr<logs::outlet> logging::open_outlet(const binding_settings& of) {
  return std::make_unique<queue_outlet>(ctx_, of, max_message_);
}

side& logging::open_log(context& ctx, const log_forwarder_options& o) {
  try {
    return open(ctx, log_plan(o, in_, out_));
  } catch (const error& why) {
    if (!o.log.empty()) throw;
    throw error(why.which(), std::string(why.what()) +
                                 "; the log listens beside frontend and backend unless it is told "
                                 "another place (--log URL)");
  }
}

std::int64_t logging::wall_clock() noexcept {
  using namespace std::chrono;
  return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

// --- events and timers -----------------------------------------------------------------------------------------------

void logging::attend(time_point now) {
  out_.take_events([this](std::size_t from, const socket_event& e) {
    if (values_) values_->note(from, e);
  });
  log_.take_events([this](std::size_t, const socket_event& e) {
    peer_went_ = peer_went_ || e.what == socket_event::kind::peer_down || e.what == socket_event::kind::events_lost;
  });
  if (peer_went_) next_beat_ = std::min(next_beat_, now + churn_pause), peer_went_ = false;
  clients_.send_waiting(now);
  if (now >= next_beat_) service_.beat(), next_beat_ = now + beat_every;
  if (now >= next_tidy_) service_.tidy(wall_clock()), next_tidy_ = now + tidy_every;
  end_sessions();
}

time_point logging::next_timer() const {
  if (more_) return time_point::min();
  const time_point live = live_.empty() ? time_point::max() : clock::now() + full_pause;
  const time_point full =
      forward().holding() || service_.published().unstored() > 0 ? clock::now() + store_pause : time_point::max();
  return std::min({live, full, clients_.next_try(), next_beat_, next_tidy_, service_.bound().next_timer()});
}

void logging::end_sessions() {
  while (!gone_.empty()) service_.end(std::string(gone_.extract(gone_.begin()).value()));
}

// --- the turn --------------------------------------------------------------------------------------------------------

bool logging::may_take(bool taking) const {
  const auto& p = service_.published();
  return taking && p.waiting() < most_waiting && p.waiting_bytes() < most_waiting_bytes && live_count_ < most_live;
}

std::size_t logging::move(std::size_t burst, bool taking) {
  synced_.clear();
  intake in{*this};
  std::size_t moved = forward().move_all(in_, in, burst, may_take(taking));
  if (may_take(taking)) moved += hear_clients(burst);
  service_.published().store_plain(wall_clock());
  const std::size_t carried = service_.carry(clock::now());
  settle_turn();
  send_live();
  // What is live is newer than what is remembered, or the same.
  const std::size_t again = values_ && live_.empty() ? values_->send_some(values_at_once) : 0;
  const std::size_t delivered = service_.readers().deliver(burst);
  more_ = delivered + carried + again > 0;
  end_sessions();
  count();
  return moved + carried + again + delivered;
}

std::size_t logging::hear_clients(std::size_t burst) {
  std::size_t heard = 0;
  for (; heard < burst && clients_.try_recv(said_) == errc::ok; ++heard)
    if (said_.size() > 1) service_.take(std::string(said_.front().text()), said_, 1, wall_clock());
  clients_.rotate();
  return heard;
}

// One ticket for all that happened in this turn.
void logging::settle_turn() {
  if (service_.published().is_open()) {
    last_ticket_ = service_.published().has_changes() ? commit_.appended() : last_ticket_;
    service_.published().seal(last_ticket_, wall_clock());
  }
  service_.published().release(commit_.durable());
}

// A device with a tap or last values takes no batches.
void logging::publish(logs::parcel p) {
  copies().copy(p.m);
  if (values_ && p.m.size() > 1) values_->put(p.m);
  live_count_ += p.count();
  live_.push_back(std::move(p));
}

void logging::send_live() {
  const bool heard = !live_.empty() && is_heard();
  while (!live_.empty()) {
    logs::parcel& first = live_.front();
    const std::size_t bytes = first.m.byte_size(), messages = first.count();
    const errc sent = heard ? try_publish(first) : errc::ok;
    if (sent == errc::would_block) return;
    if (sent == errc::not_supported) {
      open_live();
      continue;
    }
    if (sent == errc::ok) forward().pass(bytes, messages);
    else forward().drop(reason_of(sent), messages);
    live_count_ -= messages;
    live_.pop_front();
  }
}

// What nobody wants need not be made a message of the engine's. NNG does not know.
bool logging::is_heard() {
  bool heard = false;
  for (std::size_t i = 0; i < out_.size(); ++i) {
    (void)out_[i].raw()->ready(events::none);  // takes note of who has come
    heard = heard || out_[i].subscriptions() != 0;
  }
  return heard;
}

errc logging::try_publish(logs::parcel& p) {
  return p.what.messages > 0 ? out_.try_send(p.m, p.what) : out_.try_send(p.m);
}

// A batch that not all can read: its messages take its place.
void logging::open_live() {
  detail::batch_reader in;
  (void)in.open(live_.front().m, role::subscriber);
  std::vector<logs::parcel> opened(in.left());
  for (logs::parcel& one : opened) in.next(one.m);
  live_.pop_front();
  live_.insert(live_.begin(), std::move_iterator(opened.begin()), std::move_iterator(opened.end()));
}

void logging::send(const std::string& session, message m) {
  const errc sent = clients_.try_send(m);
  if (sent == errc::ok) return;
  backward().drop(reason_of(sent));
  gone_.insert(session);
}

void logging::watch(watch_list& list, bool taking) {
  const bool takes = may_take(taking);
  list.add(out_, live_.empty() ? events::none : events::writable);
  list.add(log_, takes ? events::readable : events::none);
  if (takes && !forward().holding()) list.add(in_, events::readable);
  list.add(synced_.fd());
  service_.bound().watch(list);
}

bool logging::settled() const {
  return mechanism::settled() && service_.published().waiting() == 0 && !service_.published().is_open() &&
         live_.empty() && clients_.waiting() == 0;
}

void logging::abandon() {
  mechanism::abandon();
  clients_.abandon();
  if (service_.bound().keep()) (void)commit_.appended();
  service_.bound().stop();
  forward().drop(drop_reason::stopped, service_.published().unstored() + live_count_);
  live_.clear();
  live_count_ = 0;
}

void logging::count() {
  const auto& p = service_.published();
  const auto& r = service_.readers();
  waiting_.set(p.waiting() + live_count_), stored_.set(p.stored()), duplicates_.set(p.duplicates());
  refused_.set(p.refused()), subscriptions_.set(r.size()), delivered_.set(r.delivered()), gaps_.set(r.gaps());
  malformed_.set(service_.malformed()), rejected_.set(service_.rejected());
  if (values_) cached_.set(values_->size());
  const auto bound = service_.bound().total();
  bindings_.set(service_.bound().size()), bound_put_.set(bound.put), bound_waiting_.set(bound.waiting);
  bound_refused_.set(bound.refused), bound_dropped_.set(bound.dropped);
}

void logging::report_more(device_statistics& to) const {
  to.in_flight += waiting_.value() + clients_.waiting();
  to.details["stored"] = stored_.value();
  to.details["duplicates"] = duplicates_.value();
  to.details["refused"] = refused_.value();
  to.details["subscriptions"] = subscriptions_.value();
  to.details["delivered"] = delivered_.value();
  to.details["gaps"] = gaps_.value();
  to.details["malformed"] = malformed_.value();
  to.details["rejected"] = rejected_.value();
  if (values_) to.details["cached"] = cached_.value();
  to.details["bindings"] = bindings_.value();
  to.details["binding_put"] = bound_put_.value();
  to.details["binding_waiting"] = bound_waiting_.value();
  to.details["binding_refused"] = bound_refused_.value();
  to.details["binding_dropped"] = bound_dropped_.value();
  to.details["store_state"] = static_cast<std::uint64_t>(store_->state());
}

}  // namespace wye::devices
