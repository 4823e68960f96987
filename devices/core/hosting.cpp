#include "hosting.hpp"

#include <algorithm>

#include <wye/detail/check_option.hpp>

#include "pauses.hpp"

namespace wye::devices {
namespace {

using namespace queue_protocol;

constexpr micros report_pause = 100'000;
constexpr std::size_t most_envelopes = 65'536;
constexpr std::size_t turn_bytes = std::size_t{16} << 20;  // in memory until they are written

const named_queues_options& checked(const named_queues_options& o) {
  detail::check_option(o.max_queues >= 1 && o.max_queues <= 1'000'000, "max_queues", "1 to 1000000");
  detail::check_option(o.max_consumers >= 1 && o.max_consumers <= 1'000'000, "max_consumers", "1 to 1000000");
  detail::check_option(o.max_clients >= 1, "max_clients", "at least 1");
  detail::check_option(o.max_dedup_ids >= 1, "max_dedup_ids", "at least 1");
  detail::check_option(o.max_record >= 1024, "max_record", "at least 1024");
  return o;
}

hub_bounds bounds_of(const named_queues_options& o) {
  return {.queue = {.dedup_ids = o.max_dedup_ids,
                    .cache_bytes = o.cache_bytes,
                    .consumers = o.max_consumers,
                    .max_record = o.max_record},
          .queues = o.max_queues};
}

// What is in memory is as durable as it will ever be.
sync_options sync_of(const named_queues_options& o) {
  return o.kept_in ? o.sync : sync_options{.mode = sync_mode::none};
}

side_plan plan_of(const named_queues_options& o, const char* kind, const std::string& queue, const std::string& at,
                  role as) {
  detail::check_option(!queue.empty() && queue.size() <= max_queue_name, "queue", "1 to 128 bytes");
  return {.name = kind + queue, .as = as, .bind = {at}, .options = o.common.frontend_socket};
}

micros wall_clock() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

hosting::hosting(context& ctx, const named_queues_options& o)
    : mechanism(ctx, o.common),
      options_(checked(o)),
      store_(o.kept_in ? o.kept_in : make_memory_store({.max_record = o.max_record})),
      clients_(open_front(ctx, o.common, role::router), o.common.frontend_socket.send_queue, backward()),
      start_(clock::now()),
      wall_start_(wall_clock()),
      hub_(*store_, bounds_of(o), wall_start_),
      pushers_(hub_, forward()),
      pullers_(hub_, backward()),
      kept_(hub_, forward(), backward()),
      commit_(*store_, sync_of(o), [this] { durable_.set(); }) {
  delivery_.body = messages_answer{};
  open_plain(ctx);
  publish(wall_start_);
}

void hosting::open_plain(context& ctx) {
  const auto open_one = [&](const char* kind, const queue_endpoint& e, role as) -> side& {
    failure why(errc::ok);
    if (hub_.find_or_make(e.queue, true, why, wall_start_) == nullptr) throw error(why.code(), why.message());
    return open(ctx, plan_of(options_, kind, e.queue, e.at, as));
  };
  for (const auto& e : options_.from_push) pushers_.add(open_one("from_push ", e, role::pull), e.queue);
  for (const auto& e : options_.to_pull) pullers_.add(open_one("to_pull ", e, role::push), e.queue);
  for (const auto& e : options_.from_req)
    kept_.add_front(open_one("from_req ", e, role::router), e.queue, options_.common.frontend_socket.send_queue);
  for (const auto& e : options_.to_rep) kept_.add_back(open_one("to_rep ", e, role::dealer), e.queue, most_envelopes);
}

micros hosting::at(time_point t) const noexcept {
  return wall_start_ + std::chrono::duration_cast<std::chrono::microseconds>(t - start_).count();
}

// --- connections

void hosting::attend(time_point now) {
  now_ = now;
  clients_.send_waiting(now);
  kept_.send_waiting(now);
  bool went = false;
  clients_.sockets().take_events([&went](std::size_t, const socket_event& e) {
    went = went || e.what == socket_event::kind::peer_down || e.what == socket_event::kind::events_lost;
  });
  if (went && !known_.empty()) next_beat_ = std::min(next_beat_, now + churn_pause), look_again_ = true;
  if (now >= next_beat_) beat();
}

// Who can't be reached any more has gone. Nothing else tells: a router knows its peers only by sending to them.
void hosting::beat() {
  next_beat_ = std::exchange(look_again_, false) ? now_ + second_look : time_point::max();
  for (auto at_client = known_.begin(); at_client != known_.end();) {
    const client_ptr who = at_client->second;
    const bool gone = is_gone(*who);
    if (gone) hub_.leave(who, at(now_));
    at_client = gone || !who->holds() ? known_.erase(at_client) : std::next(at_client);
  }
}

bool hosting::is_gone(const queue_client& who) {
  if (who.queues.empty()) return false;
  begin(who);
  append(queue_protocol::answer{op::msg, who.consumer, messages_answer{.queue = *who.queues.begin()}}, out_);
  return clients_.offer(out_) == errc::no_peer;
}

client_ptr hosting::client_of(std::string_view identity) {
  const auto found = known_.find(identity);
  return found != known_.end() ? found->second : std::make_shared<queue_client>(queue_client{std::string(identity)});
}

void hosting::remember(const client_ptr& who) {
  if (who->holds()) known_.try_emplace(who->identity, who);
}

// --- requests

void hosting::take(message& m) {
  const std::size_t bytes = m.byte_size();
  taken_bytes_ += bytes;
  if (m.size() < 2) return forward().drop(drop_reason::malformed);
  copies().copy(m);
  const auto done = read(m, 1, asked_);
  if (!done) return refuse(m, asked_, done.error());
  const client_ptr who = client_of(m.front().text());
  if (known_.size() >= options_.max_clients && !who->holds() && asked_.what == op::get)
    return refuse(m, asked_, failure(errc::limit, "the device has as many clients as it may have"));
  hub_.handle(who, m, 1, asked_, at(now_));
  remember(who);
  forward().pass(bytes);
}

void hosting::refuse(const message& m, const request& r, const failure& why) {
  forward().drop(drop_reason::malformed);
  queue_protocol::answer no{.what = r.what, .id = r.id};
  no.body = refusal{why.code(), why.message()};
  hub_.due.emplace_back(client_of(m.front().text()), std::move(no));
}

// --- answers

void hosting::begin(const queue_client& who) {
  out_.clear();
  out_.push_back(who.identity);
}

void hosting::answer() {
  for (outcome& o : hub_.due) {
    if (pushers_.answered(o) || kept_.answered(o, at(now_))) continue;
    begin(*o.to);
    if (o.encoded.empty()) append(o.what, out_);
    for (frame& f : o.encoded) out_.push_back(std::move(f));
    copies().copy(out_);
    if (const errc sent = clients_.try_send(out_); sent != errc::ok) backward().drop(reason_of(sent));
  }
  hub_.due.clear();
}

std::optional<frame> hosting::pack(const std::vector<handed>& batch, std::vector<std::uint32_t>& sizes) {
  parts_.clear();
  for (const handed& h : batch) append_parts(h, parts_);
  return queue_protocol::pack(parts_, sizes);
}

std::size_t hosting::send(const named_queue& q, const queue_consumer& c, const std::vector<handed>& batch) {
  if (const auto sent = pullers_.send(c, batch)) return *sent;
  if (const auto sent = kept_.send(q, c, batch)) return *sent;
  auto& said = std::get<messages_answer>(delivery_.body);
  delivery_.what = op::msg;
  delivery_.id = c.id;
  said.queue = q.name();
  said.epoch = q.epoch();
  said.messages.clear();
  said.sizes.clear();
  for (const handed& h : batch) said.messages.push_back(delivered_of(h));
  auto packed = c.packed ? pack(batch, said.sizes) : std::nullopt;
  begin(*c.who);
  append(delivery_, out_);
  if (packed) out_.push_back(*std::move(packed));
  else
    for (const handed& h : batch) append_body(h, out_);
  copies().copy(out_);
  return clients_.offer(out_) == errc::ok ? batch.size() : 0;
}

// --- the turn

void hosting::release() {
  const auto last = commit_.durable();
  if (!last) failed_ = true, hub_.fail(last.error());
  if (!last || *last == released_) return;
  released_ = *last;
  hub_.release(released_, at(now_));
}

void hosting::write(bool idle) {
  if (hub_.flush(written_ + 1, at(now_))) written_ = idle ? commit_.appended_when_idle() : commit_.appended();
}

std::size_t hosting::hand_out() {
  return hub_.serve(at(now_), [this](const named_queue& q, const queue_consumer& c, const std::vector<handed>& batch) {
    return send(q, c, batch);
  });
}

std::size_t hosting::move(std::size_t burst, bool taking) {
  durable_.clear();
  release();
  std::size_t moved = 0;
  taken_bytes_ = 0;
  for (; taking && moved < burst && taken_bytes_ < turn_bytes && clients_.try_recv(said_) == errc::ok; ++moved)
    take(said_);
  clients_.rotate();
  moved += pushers_.take(burst, taking && store_->state() == store_state::writable, at(now_));
  moved += kept_.take(burst, taking, at(now_));
  if (taking) pullers_.grant(at(now_)), kept_.grant(at(now_));
  hub_.attend(at(now_));
  if (taking) moved += hand_out();  // what is durable does not wait for the flush of what is not
  write(moved < burst && taken_bytes_ < turn_bytes);
  release();
  answer();
  if (taking) moved += hand_out();
  reported_ = reported_ && moved == 0;
  if (!reported_ && at(now_) >= next_report_) publish(at(now_));
  return moved;
}

void hosting::watch(watch_list& list, bool taking) {
  list.add(durable_.fd());
  list.add(clients_.sockets(), taking ? events::readable : events::none);
  if (taking && store_->state() == store_state::writable) pushers_.watch(list);
  if (taking) pullers_.watch(list);
  kept_.watch(list, taking);
}

time_point hosting::next_timer() const {
  if (hub_.busy()) return time_point::min();
  const micros next = std::min(hub_.next_timer(), reported_ ? INT64_MAX : next_report_);
  return std::min({start_ + std::chrono::microseconds(std::min(next - wall_start_, micros{1} << 52)), next_beat_,
                   clients_.next_try(), kept_.next_try()});
}

bool hosting::settled() const {
  return mechanism::settled() && clients_.waiting() == 0 && (failed_ || (pushers_.settled() && kept_.settled())) &&
         (failed_ || released_ == written_) && !hub_.busy();
}

void hosting::abandon() {
  mechanism::abandon();
  clients_.abandon();
  pushers_.abandon();
  kept_.abandon(at(now_));
  for (const auto& [identity, who] : known_) hub_.leave(who, at(now_));
  known_.clear();
  write(false);
  (void)commit_.flush();  // a failure shows in the store's state
  publish(at(now_));
}

// --- statistics

void hosting::publish(micros now) {
  next_report_ = now + report_pause;
  reported_ = true;
  pullers_.renew(), kept_.renew();
  const queue_counts all = hub_.totals();
  for (std::size_t i = 0; i < fields_; ++i) counts_[i].set(all.*queue_count_fields[i].field);
  queues_.set(hub_.size()), known_count_.set(known_.size()), blocked_.set(hub_.blocked());
}

void hosting::report_more(device_statistics& to) const {
  to.in_flight += clients_.waiting();
  for (std::size_t i = 0; i < fields_; ++i) to.details[std::string(queue_count_fields[i].name)] = counts_[i].value();
  for (const char* one_queue_s : {"epoch", "first", "next"}) to.details.erase(one_queue_s);
  to.details["queues"] = queues_.value();
  to.details["clients"] = known_count_.value();
  to.details["blocked"] = blocked_.value();
  to.details["store_full"] = store_->state() == store_state::full ? 1 : 0;
  to.details["store_read_only"] = store_->state() == store_state::read_only ? 1 : 0;
}

}  // namespace wye::devices
