#include <wye/detail/check_option.hpp>
#include <wye/detail/random_number.hpp>
#include <wye/detail/turn_keeper.hpp>
#include <wye/envelope.hpp>
#include <wye/reqrep.hpp>

#include <algorithm>
#include <map>

#include "retry.hpp"

namespace wye {
namespace {

constexpr ticket first_serial_bit = 0x80000000u;
constexpr auto look_again = std::chrono::milliseconds(20);  // while a request waits to be sent, time goes on for others

requester_options checked(requester_options o) {
  detail::check_option(o.retry.attempts >= 1 && o.retry.attempts <= 1000, "retry.attempts", "1 to 1000");
  detail::check_option(o.retry.attempt_timeout.count() >= 0, "retry.attempt_timeout", "not negative");
  detail::check_option(o.retry.backoff.count() >= 0 && o.retry.max_backoff >= o.retry.backoff, "retry.backoff",
                       "0 to max_backoff");
  detail::check_option(o.max_in_flight >= 1 && o.max_in_flight <= 1'000'000, "max_in_flight", "1 to 1000000");
  return o;
}

}  // namespace

struct raw_requester::state {
  state(context& ctx, const requester_options& o)
      : options(checked(o)),
        link(ctx, role::dealer, o.bind, o.connect, o.socket),
        name(detail::random_number()),
        last(static_cast<ticket>(detail::random_number()) | first_serial_bit),
        plan(o.retry, name) {}

  [[nodiscard]] frame id_frame(ticket which) const;
  [[nodiscard]] std::optional<ticket> ticket_in(const frame& id) const;
  result<ticket> start(message&& body, deadline until);
  template <class Done>
  void take_replies_until(const Done& done);
  void take_reply(message& m);
  void do_what_is_due();
  errc send_attempt(ticket which);
  result<message>& finish(ticket which);
  template <class Done>
  result<void> run_until(const Done& done, deadline until, const std::stop_token& stop);

  const requester_options options;
  socket link;
  const std::uint64_t name;
  ticket last;
  detail::retry_plan plan;
  detail::turn_keeper turns;
  using messages = std::map<ticket, result<message>>;
  messages bodies;    // in flight: the questions
  messages finished;  // not yet taken, the oldest first: in the same nodes the answers
  message in, out;    // so that they keep their memory
};

frame raw_requester::state::id_frame(ticket which) const {
  if (link.uses("nng")) return frame::copy_of(bytes_view(envelope::encode_serial(which)));
  return frame::copy_of(bytes_view(envelope::encode({name, which})));
}

std::optional<ticket> raw_requester::state::ticket_in(const frame& id) const {
  if (const auto full = envelope::decode(id.bytes()))
    return full->requester == name ? std::optional(full->serial) : std::nullopt;
  return link.uses("nng") ? envelope::decode_serial(id.bytes()) : std::nullopt;
}

result<ticket> raw_requester::state::start(message&& body, deadline until) {
  if (body.empty()) return failure(errc::malformed, "a request needs at least one frame");
  if (body.byte_size() > options.socket.max_message)
    return failure(errc::too_large, "the request has " + std::to_string(body.byte_size()) + " bytes; max_message is " +
                                        std::to_string(options.socket.max_message));
  if (plan.in_flight() + finished.size() >= options.max_in_flight)
    return failure(errc::limit,
                   std::to_string(options.max_in_flight) + " requests are in flight or not taken (max_in_flight)");
  do last = (last + 1) | first_serial_bit;
  while (plan.contains(last) || finished.contains(last) || last == first_serial_bit);
  for (const frame& f : body)
    if (f.borrowed()) return failure(errc::malformed, "a request must own its bytes");
  bodies.emplace_hint(bodies.end(), last, std::move(body));
  plan.start(last, clock::now(), until);
  do_what_is_due();
  return last;
}

errc raw_requester::state::send_attempt(ticket which) {
  out.push_back(id_frame(which));
  out.push_back(frame());
  for (const frame& f : *bodies.find(which)->second) out.push_back(f);
  const errc done = link.try_send(out);
  out.clear();
  return done;
}

void raw_requester::state::do_what_is_due() {
  const auto now = clock::now();
  for (const auto [which, what] : plan.due(now)) {
    using verdict = detail::retry_plan::verdict;
    if (what == verdict::timed_out) finish(which) = failure(errc::timeout, "no answer before the deadline");
    if (what == verdict::unreachable)
      finish(which) = failure(errc::no_peer, "nobody could be reached before the deadline");
    if (what != verdict::send) continue;
    const errc done = send_attempt(which);
    if (done == errc::ok) plan.sent(which, now);
    else if (done != errc::would_block) finish(which) = done;
  }
}

// Returns where its outcome goes; until then the question is there.
result<message>& raw_requester::state::finish(ticket which) {
  plan.finish(which);
  return finished.insert(bodies.extract(which)).position->second;
}

void raw_requester::state::take_reply(message& m) {
  const std::size_t before = envelope::length(m).value_or(0);
  if (before == 0 || before > envelope::max_hops) return link.count_drop(drop_reason::malformed);
  const auto which = ticket_in(m[before - 1]);
  if (!which || !plan.contains(*which)) return link.count_drop(drop_reason::late_reply);
  m.drop_front(before + 1);
  if (auto text = envelope::error_in(m)) finish(*which) = failure(errc::remote, *text);
  else *finish(*which) = std::move(m);
}

// No more than are asked for: to find that there is none costs a system call.
template <class Done>
void raw_requester::state::take_replies_until(const Done& done) {
  while (!done() && link.try_recv(in) == errc::ok) take_reply(in);
}

template <class Done>
result<void> raw_requester::state::run_until(const Done& done, deadline until, const std::stop_token& stop) {
  raw_socket* raw = link.raw();
  if (raw == nullptr) return failure(errc::wrong_state, "bind or connect first");
  const std::stop_callback wake(stop, [raw] { raw->wake(); });
  for (;;) {
    if (link.is_closed()) return errc::closed;
    take_replies_until(done);
    if (done()) return {};
    do_what_is_due();
    if (done()) return {};
    if (stop.stop_requested()) return errc::cancelled;
    if (until.passed()) return errc::timeout;
    const bool unsent = plan.next() <= clock::now();
    const auto next = unsent ? deadline(look_again) : deadline(plan.next());
    raw->wait(unsent ? events::both : events::readable, earlier(until, next).at());
  }
}

raw_requester::raw_requester(context& ctx, const requester_options& options)
    : self_(std::make_unique<state>(ctx, options)) {}
raw_requester::raw_requester(raw_requester&&) noexcept = default;
raw_requester& raw_requester::operator=(raw_requester&&) noexcept = default;
raw_requester::~raw_requester() = default;

result<message> raw_requester::call(message body, deadline until, std::stop_token stop) {
  auto which = send(std::move(body), until);
  if (!which) return which.error();
  return recv(*which, std::move(stop));
}

result<ticket> raw_requester::send(message body, deadline until) {
  if (!self_) return errc::closed;
  const detail::inside in(self_->turns);
  if (!in) return errc::concurrent_use;
  if (self_->link.is_closed()) return errc::closed;
  if (self_->link.raw() == nullptr) return failure(errc::wrong_state, "bind or connect first");
  self_->take_replies_until([this] { return self_->plan.in_flight() == 0; });
  return self_->start(std::move(body), until);
}

result<message> raw_requester::recv(ticket which, std::stop_token stop) {
  if (!self_) return errc::closed;
  const detail::inside in(self_->turns);
  if (!in) return errc::concurrent_use;
  state& s = *self_;
  if (!s.plan.contains(which) && !s.finished.contains(which))
    return failure(errc::wrong_state, "no request of that ticket is in flight");
  auto ran = s.run_until([&] { return s.finished.contains(which); }, deadline::never(), stop);
  if (!ran) {
    s.plan.finish(which);  // cancelled: its answer is no longer wanted
    s.bodies.erase(which);
    return ran.error();
  }
  return std::move(s.finished.extract(which).mapped());
}

result<raw_requester::outcome> raw_requester::recv_any(deadline until, std::stop_token stop) {
  if (!self_) return errc::closed;
  const detail::inside in(self_->turns);
  if (!in) return errc::concurrent_use;
  state& s = *self_;
  const auto any_finished = [&s] { return !s.finished.empty(); };
  if (!any_finished() && s.plan.in_flight() == 0) return failure(errc::wrong_state, "nothing is in flight");
  if (auto ran = s.run_until(any_finished, until, stop); !ran) return ran.error();
  auto oldest = s.finished.extract(s.finished.begin());
  return outcome{oldest.key(), std::move(oldest.mapped())};
}

std::size_t raw_requester::in_flight() const noexcept {
  return self_ ? self_->plan.in_flight() + self_->finished.size() : 0;
}
std::uint64_t raw_requester::retries() const noexcept { return self_ ? self_->plan.retries() : 0; }
socket& raw_requester::core() noexcept { return self_->link; }
const socket& raw_requester::core() const noexcept { return self_->link; }

}  // namespace wye
