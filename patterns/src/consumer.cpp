#include <wye/consumer.hpp>

#include <algorithm>
#include <utility>

#include <wye/detail/check_option.hpp>
#include <wye/detail/turn_keeper.hpp>

#include "lease_book.hpp"
#include "queue_link.hpp"
#include "queue_properties.hpp"

namespace wye {
namespace {

namespace protocol = queue_protocol;
using detail::lease_token;

constexpr std::size_t least_acks = 64;                         // so many are sent without waiting for more
constexpr auto ack_pause = std::chrono::milliseconds(5);       // and those of whoever works longer than this, at once
constexpr auto look_interval = std::chrono::milliseconds(20);  // how long a change of the connection may go unseen
constexpr auto farewell = std::chrono::seconds(1);             // for the last acknowledgements

consumer_options checked(consumer_options o) {
  o.queue = detail::checked_queue_name(std::move(o.queue));
  detail::check_option(o.prefetch >= 1 && o.prefetch <= protocol::max_messages, "prefetch", "1 to 65536");
  detail::check_option(!o.lease || (*o.lease >= protocol::min_lease && *o.lease <= protocol::max_lease), "lease",
                       "100 ms to 12 h");
  detail::check_option(o.silence.count() >= 0, "silence", "not negative");
  return o;
}

}  // namespace

/// The consumer itself; leases refer to it.
class lease::keeper {
 public:
  keeper(context& ctx, const consumer_options& o)
      : options(checked(o)),
        link(ctx, options.connect, options.socket, options.silence),
        book(options.prefetch, options.limit, options.acknowledge),
        lease_(options.lease) {}

  result<delivery<message>> next(deadline until, const std::stop_token& stop, const std::shared_ptr<keeper>& self);
  result<void> flush(deadline until, const std::stop_token& stop);
  result<void> settle(protocol::op how, protocol::settle_request what);
  result<void> extend(const lease_token& token, std::chrono::milliseconds time, deadline until);
  result<void> ack(const lease_token& token);
  [[nodiscard]] bool holds(std::uint64_t session) const noexcept {
    return link.connected() && session == link.session();
  }

  const consumer_options options;
  detail::queue_link link;
  detail::lease_book book;
  detail::turn_keeper turns;
  std::uint64_t stale = 0;

 private:
  void turn();
  void take_answers();
  void take(const protocol::answer& a);
  void take_messages(const protocol::messages_answer& a, std::uint64_t consumer);
  void take_settled(const protocol::answer& a);
  void begin_anew();
  void grant();
  void send_acks();
  bool send(message m);
  void tell_late(const std::vector<std::uint64_t>& sequences);
  [[nodiscard]] bool is_idle() const noexcept { return !book.has_fetched() && !refused_; }
  template <class Done>
  result<void> run_until(Done&& done, deadline until, const std::stop_token& stop) {
    return link.run_until([this] { turn(); }, done, [this] { return !waiting_.empty(); }, until, stop);
  }

  std::optional<std::chrono::milliseconds> lease_;  // as far as known
  std::optional<failure> refused_;                  // by the device, and not told yet
  std::deque<message> waiting_;                     // found no room
  message incoming_;
  protocol::answer answer_;
  std::uint64_t last_id_ = 0;
  std::uint64_t extending_ = 0;  // the request that extend() waits for
  std::optional<result<void>> extended_;
  time_point looked_ = {};
  time_point acks_sent_ = {};
};

bool lease::keeper::send(message m) {
  if (waiting_.empty() && link.send(m) == errc::ok) return true;
  waiting_.push_back(std::move(m));
  return false;
}

void lease::keeper::turn() {
  looked_ = clock::now();
  take_answers();
  if (link.look()) begin_anew();
  while (!waiting_.empty() && link.send(waiting_.front()) == errc::ok) waiting_.pop_front();
  if (!link.connected()) return;
  if (waiting_.empty()) grant();
  if (!book.has_fetched()) send_acks();
  link.watch(true, options.queue);
}

void lease::keeper::begin_anew() {
  tell_late(book.connection_lost());
  waiting_.clear();
  if (extending_ != 0) extended_ = failure(errc::stale, "the connection was lost, and the lease with it");
  if (!link.connected()) return;
  grant();
  if (options.lease || !options.acknowledge) return;
  message m;  // how long the queue's leases are
  protocol::append({protocol::op::stat, ++last_id_, protocol::queue_request{options.queue}}, m);
  send(std::move(m));
}

void lease::keeper::grant() {
  const std::uint64_t n = book.to_grant();
  if (n == 0 || refused_) return;
  message m;
  protocol::append({protocol::op::get, link.session(),
                    protocol::get_request{.queue = options.queue,
                                          .make = options.make,
                                          .n = n,
                                          .bytes = options.prefetch_bytes,
                                          .lease = options.lease,
                                          .automatic = !options.acknowledge,
                                          .packed = true}},
                   m);
  book.granted(n);
  send(std::move(m));
}

void lease::keeper::take_answers() {
  while (link.receive(incoming_, answer_) == errc::ok) take(answer_);
}

void lease::keeper::take(const protocol::answer& a) {
  switch (a.what) {
    case protocol::op::msg: return take_messages(std::get<protocol::messages_answer>(a.body), a.id.value_or(0));
    case protocol::op::ack:
    case protocol::op::nack:
    case protocol::op::extend: return take_settled(a);
    case protocol::op::stat:
      if (const auto* stat = std::get_if<protocol::stat_answer>(&a.body)) lease_ = stat->queue.settings.lease;
      return;
    case protocol::op::get: break;
    default: return;
  }
  if (a.id != link.session()) return;
  if (const auto* count = std::get_if<protocol::count_answer>(&a.body)) return book.withdrawn(count->n);
  const auto& why = std::get<protocol::refusal>(a.body);
  refused_ = failure(why.code, why.text);
  book.all_withdrawn();
}

void lease::keeper::take_messages(const protocol::messages_answer& a, std::uint64_t consumer) {
  protocol::body_place at;
  const auto now = clock::now();
  for (const auto& d : a.messages) {
    auto info = detail::info_of(d);
    book.arrived({{d.sequence, d.attempt, a.epoch},
                  detail::take_body(incoming_, a.sizes, at, d.what.frames),
                  std::move(info),
                  now},
                 consumer == link.session());
  }
}

void lease::keeper::take_settled(const protocol::answer& a) {
  const std::uint64_t id = a.id.value_or(0);
  const auto* count = std::get_if<protocol::count_answer>(&a.body);
  const auto* why = std::get_if<protocol::refusal>(&a.body);
  if (id == extending_) {
    if (why != nullptr) extended_ = failure(why->code, why->text);
    else if (count->bad.empty()) extended_ = result<void>();
    else extended_ = failure(count->bad.front().code, count->bad.front().text);
  } else {
    tell_late(why != nullptr ? book.refused(id) : book.answered(id, count->bad));
  }
}

void lease::keeper::tell_late(const std::vector<std::uint64_t>& sequences) {
  stale += sequences.size();
  if (options.on_stale)
    for (const std::uint64_t s : sequences) options.on_stale(s);
}

void lease::keeper::send_acks() {
  while (book.acks_waiting() > 0) {
    protocol::settle_request r{.queue = options.queue};
    for (const lease_token& t : book.next_acks(++last_id_, protocol::max_messages)) {
      r.epoch = t.epoch;
      r.sequences.push_back(t.sequence);
      r.attempts.push_back(t.attempt);
    }
    message m;
    protocol::append({protocol::op::ack, last_id_, std::move(r)}, m);
    send(std::move(m));
  }
  acks_sent_ = clock::now();
}

result<delivery<message>> lease::keeper::next(deadline until, const std::stop_token& stop,
                                              const std::shared_ptr<keeper>& self) {
  if (book.is_complete()) return failure(errc::wrong_state, "the limit of messages is reached");
  auto now = clock::now();
  if (!book.has_fetched() || book.to_grant() > 0 || now - looked_ > look_interval) {
    const auto came = run_until([&] { return !is_idle(); }, until, stop);
    if (!book.has_fetched() && !came) return came.error();
    now = clock::now();
  }
  for (;; now = clock::now()) {
    if (auto m = book.take(now, lease_)) {
      const auto& t = m->token;
      wye::lease held(self, t.sequence, t.attempt, t.epoch, options.acknowledge ? link.session() : 0);
      return delivery<message>(std::move(m->body), std::move(m->info), std::move(held));
    }
    if (auto why = std::exchange(refused_, std::nullopt)) return *why;
    if (const auto came = run_until([&] { return !is_idle(); }, until, stop); !came) return came.error();
  }
}

result<void> lease::keeper::flush(deadline until, const std::stop_token& stop) {
  send_acks();
  return run_until([&] { return !book.owes() && waiting_.empty(); }, until, stop);
}

result<void> lease::keeper::ack(const lease_token& token) {
  book.ack(token);
  if (book.acks_waiting() >= std::max(least_acks, options.prefetch / 4) || book.is_idle() ||
      clock::now() - acks_sent_ > ack_pause)
    send_acks();
  return {};
}

result<void> lease::keeper::settle(protocol::op how, protocol::settle_request what) {
  what.queue = options.queue;
  book.settled();
  book.sent(++last_id_, {what.sequences.front(), what.attempts.front(), what.epoch});
  message m;
  protocol::append({how, last_id_, std::move(what)}, m);
  send(std::move(m));
  return {};
}

result<void> lease::keeper::extend(const lease_token& token, std::chrono::milliseconds time, deadline until) {
  message m;
  extending_ = ++last_id_;
  extended_.reset();
  protocol::append({protocol::op::extend, extending_,
                    protocol::settle_request{.queue = options.queue,
                                             .epoch = token.epoch,
                                             .sequences = {token.sequence},
                                             .attempts = {token.attempt},
                                             .lease = time}},
                   m);
  send(std::move(m));
  const auto ran = run_until([&] { return extended_.has_value(); }, until, {});
  extending_ = 0;
  return ran ? *extended_ : ran;
}

namespace {

// Calls `what` if the lease is one that can be settled now.
template <class What>
result<void> with(const std::weak_ptr<lease::keeper>& of, std::uint64_t session, What&& what) {
  const auto keeper = of.lock();
  if (!keeper || keeper->link.core().is_closed()) return errc::closed;
  const detail::inside in(keeper->turns);
  if (!in) return errc::concurrent_use;
  if (session == 0) return failure(errc::wrong_state, "the message is settled already, or was handed over for good");
  if (!keeper->holds(session))
    return failure(errc::stale, "the connection was lost, and the lease with it: the message is delivered again");
  return what(*keeper);
}

}  // namespace

result<void> lease::ack() {
  auto done = with(of_, session_, [&](keeper& k) { return k.ack({sequence_, attempt_, epoch_}); });
  session_ = 0;
  return done;
}

result<void> lease::nack(std::chrono::milliseconds delay) {
  if (delay.count() < 0 || delay > protocol::max_time) return failure(errc::malformed, "a delay is 0 to 100 years");
  auto done = with(of_, session_, [&](keeper& k) {
    return k.settle(protocol::op::nack,
                    {.epoch = epoch_,
                     .sequences = {sequence_},
                     .attempts = {attempt_},
                     .how = delay.count() == 0 ? protocol::nack_how::requeue : protocol::nack_how::delay,
                     .delay = delay});
  });
  session_ = 0;
  return done;
}

result<void> lease::reject(std::string_view why) {
  auto done = with(of_, session_, [&](keeper& k) {
    return k.settle(protocol::op::nack, {.epoch = epoch_,
                                         .sequences = {sequence_},
                                         .attempts = {attempt_},
                                         .how = protocol::nack_how::dead,
                                         .why = why.substr(0, protocol::max_why)});
  });
  session_ = 0;
  return done;
}

result<void> lease::extend(std::chrono::milliseconds time, deadline until) {
  if (time < protocol::min_lease || time > protocol::max_lease)
    return failure(errc::malformed, "a lease lasts 100 ms to 12 h");
  return with(of_, session_, [&](keeper& k) { return k.extend({sequence_, attempt_, epoch_}, time, until); });
}

raw_consumer::raw_consumer(context& ctx, const consumer_options& options)
    : self_(std::make_shared<lease::keeper>(ctx, options)) {}
raw_consumer::raw_consumer(raw_consumer&&) noexcept = default;
raw_consumer& raw_consumer::operator=(raw_consumer&&) noexcept = default;

raw_consumer::~raw_consumer() {
  try {
    if (self_ && self_->book.owes() && self_->link.connected()) (void)flush(farewell);
  } catch (const std::exception&) {  // what was not acknowledged is delivered again
  }
}

result<delivery<message>> raw_consumer::next(deadline until, std::stop_token stop) {
  if (!self_) return errc::closed;
  const detail::inside in(self_->turns);
  if (!in) return errc::concurrent_use;
  return self_->next(until, stop, self_);
}

result<void> raw_consumer::flush(deadline until, std::stop_token stop) {
  if (!self_) return errc::closed;
  const detail::inside in(self_->turns);
  if (!in) return errc::concurrent_use;
  return self_->flush(until, stop);
}

result<void> raw_consumer::close(deadline until) {
  auto flushed = flush(until);
  if (!self_) return flushed;
  auto closed = self_->link.core().close();
  return flushed ? closed : flushed;
}

std::uint64_t raw_consumer::stale() const noexcept { return self_ ? self_->stale : 0; }
std::uint64_t raw_consumer::forgotten() const noexcept { return self_ ? self_->book.forgotten() : 0; }
socket& raw_consumer::core() noexcept { return self_->link.core(); }
const socket& raw_consumer::core() const noexcept { return self_->link.core(); }

}  // namespace wye
