#include <wye/producer.hpp>

#include <utility>

#include <wye/detail/check_option.hpp>
#include <wye/detail/random_number.hpp>
#include <wye/detail/turn_keeper.hpp>

#include "put_window.hpp"
#include "queue_link.hpp"
#include "queue_properties.hpp"

namespace wye {
namespace {

namespace protocol = queue_protocol;

constexpr std::size_t most_batches = 16;    // under way, of callers who do not wait until a batch is worth it
constexpr std::size_t batch_frames = 1000;  // NNG carries 1024 in a message
constexpr std::size_t batch_bytes = std::size_t{1} << 20;
constexpr unsigned sends_between_turns = 32;

producer_options checked(producer_options o) {
  o.queue = detail::checked_queue_name(std::move(o.queue));
  detail::check_option(o.window >= 1 && o.window <= 1'000'000, "window", "1 to 1000000");
  detail::check_option(o.window_bytes >= 1, "window_bytes", "at least 1");
  detail::check_option(o.silence.count() >= 0, "silence", "not negative");
  return o;
}

}  // namespace

struct raw_producer::state {
  state(context& ctx, const producer_options& o)
      : options(checked(o)),
        link(ctx, options.connect, options.socket, options.silence),
        window(options.window, options.window_bytes, detail::random_number() | 1),
        limits{batch_frames, std::min(batch_bytes, options.socket.max_message / 2)} {}

  result<put_ticket> take(message body, const message_properties& properties, deadline until,
                          const std::stop_token& stop);
  result<put_receipt> wait_for(put_ticket which, deadline until, const std::stop_token& stop);
  enum class hurry : bool { no, yes };  // yes: who waits for these messages will not send more
  void turn(hurry how);
  void take_answers();
  bool send_one(hurry how);
  void tell();
  template <class Done>
  result<void> run_until(hurry how, Done&& done, deadline until, const std::stop_token& stop) {
    return link.run_until([this, how] { turn(how); }, done, [this] { return !held.empty(); }, until, stop);
  }
  result<put_ticket> not_taken(const failure& why) const;

  const producer_options options;
  detail::queue_link link;
  detail::put_window window;
  const detail::put_window::batch_limits limits;
  detail::turn_keeper turns;
  message held;  // a batch that found no room
  message incoming;
  protocol::answer answer;
  unsigned sends = 0;
  std::optional<failure> first_failure;  // since the last flush
  put_ticket awaited = 0;                // by put()
  std::optional<result<put_receipt>> awaited_receipt;
};

void raw_producer::state::turn(hurry how) {
  take_answers();
  if (link.look()) {
    window.connection_lost();
    held.clear();
  }
  while (link.connected() && send_one(how)) {
  }
  link.watch(window.batches_in_flight() > 0, options.queue);
  tell();
}

void raw_producer::state::take_answers() {
  while (link.receive(incoming, answer) == errc::ok) {
    if (answer.what != protocol::op::put || !answer.id) continue;
    if (const auto* why = std::get_if<protocol::refusal>(&answer.body)) window.answer(*answer.id, *why);
    else window.answer(*answer.id, std::get<protocol::put_answer>(answer.body));
  }
}

bool raw_producer::state::send_one(hurry how) {
  const bool now = window.is_worth_a_batch() || (how == hurry::yes && window.batches_in_flight() < most_batches);
  if (held.empty() && !(now && window.next_batch(options.queue, options.make, limits, held))) return false;
  const errc done = link.send(held);
  if (done == errc::would_block) return false;
  held.clear();
  if (done != errc::ok) window.answer_latest({done, failure(done).message()});
  return done == errc::ok;
}

void raw_producer::state::tell() {
  while (auto settled = window.take()) {
    const auto& [which, properties, receipt] = *settled;
    if (which == awaited) awaited_receipt = receipt;
    else if (!receipt && !first_failure) first_failure = receipt.error();
    if (options.on_outcome) options.on_outcome({which, properties, receipt});
  }
}

result<put_ticket> raw_producer::state::take(message body, const message_properties& properties, deadline until,
                                             const std::stop_token& stop) {
  if (const auto fits = detail::check(properties, body.size()); !fits) return fits.error();
  const std::size_t bytes = body.byte_size();
  if (bytes + detail::header_size(properties) > options.socket.max_message)
    return failure(errc::too_large, "the message has " + std::to_string(bytes) + " bytes and its header some more; " +
                                        "max_message is " + std::to_string(options.socket.max_message));
  for (const frame& f : body)
    if (f.borrowed()) return failure(errc::malformed, "a message must own its bytes");
  if (link.core().is_closed()) return errc::closed;
  if (!window.has_room(bytes)) {
    const auto room = run_until(
        hurry::no, [&] { return window.has_room(bytes); }, until, stop);
    if (!room) return not_taken(room.error());
  }
  const put_ticket which = window.add(std::move(body), properties);
  if (window.is_worth_a_batch() || ++sends % sends_between_turns == 0) turn(hurry::no);
  return which;
}

result<put_ticket> raw_producer::state::not_taken(const failure& why) const {
  return failure(why.code(), why.message() + "; " + std::to_string(window.size()) + " messages to queue '" +
                                 options.queue + "' are not confirmed");
}

result<put_receipt> raw_producer::state::wait_for(put_ticket which, deadline until, const std::stop_token& stop) {
  if (const auto done = run_until(
          hurry::yes, [&] { return awaited_receipt.has_value(); }, until, stop);
      !done) {
    const bool sent = window.give_up(which, done.error());
    tell();
    if (sent && done.code() == errc::no_peer)
      return failure(errc::timeout, "the connection was lost; the message may be stored");
    return done.error();
  }
  return std::move(*awaited_receipt);
}

raw_producer::raw_producer(context& ctx, const producer_options& options)
    : self_(std::make_unique<state>(ctx, options)) {}
raw_producer::raw_producer(raw_producer&&) noexcept = default;
raw_producer& raw_producer::operator=(raw_producer&&) noexcept = default;
raw_producer::~raw_producer() = default;

result<put_receipt> raw_producer::put(message body, const message_properties& properties, deadline until,
                                      std::stop_token stop) {
  if (!self_) return errc::closed;
  const detail::inside in(self_->turns);
  if (!in) return errc::concurrent_use;
  state& s = *self_;
  s.awaited_receipt.reset();
  s.awaited = s.window.next();
  const auto which = s.take(std::move(body), properties, until, stop);
  if (!which) return s.awaited = 0, which.error();
  return s.wait_for(*which, until, stop);
}

result<put_ticket> raw_producer::send(message body, const message_properties& properties, deadline until,
                                      std::stop_token stop) {
  if (!self_) return errc::closed;
  const detail::inside in(self_->turns);
  if (!in) return errc::concurrent_use;
  return self_->take(std::move(body), properties, until, stop);
}

result<void> raw_producer::flush(deadline until, std::stop_token stop) {
  if (!self_) return errc::closed;
  const detail::inside in(self_->turns);
  if (!in) return errc::concurrent_use;
  state& s = *self_;
  const auto done = s.run_until(
      state::hurry::yes, [&] { return s.window.size() == 0; }, until, stop);
  if (!done) return s.not_taken(done.error()).error();
  if (const auto failed = std::exchange(s.first_failure, std::nullopt)) return *failed;
  return {};
}

result<void> raw_producer::poll() {
  if (!self_) return errc::closed;
  const detail::inside in(self_->turns);
  if (!in) return errc::concurrent_use;
  if (self_->link.core().is_closed()) return errc::closed;
  self_->turn(state::hurry::yes);
  return {};
}

result<void> raw_producer::close(deadline until) {
  auto flushed = flush(until);
  if (!self_) return flushed;
  auto closed = self_->link.core().close();
  return flushed ? closed : flushed;
}

std::size_t raw_producer::unconfirmed() const noexcept { return self_ ? self_->window.size() : 0; }
std::uint64_t raw_producer::resent() const noexcept { return self_ ? self_->window.resent() : 0; }
socket& raw_producer::core() noexcept { return self_->link.core(); }
const socket& raw_producer::core() const noexcept { return self_->link.core(); }

}  // namespace wye
