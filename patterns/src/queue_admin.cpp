#include <wye/queue_admin.hpp>

#include <utility>

#include <wye/detail/turn_keeper.hpp>

#include "queue_link.hpp"
#include "queue_properties.hpp"

namespace wye {

namespace protocol = queue_protocol;

struct queue_admin::state {
  state(context& ctx, const queue_admin_options& o) : link(ctx, o.connect, o.socket, std::chrono::milliseconds(0)) {}

  /// Asks, and waits for the answer, which stays in `answer` (and shows into `incoming`).
  result<void> ask(protocol::request what, deadline until, const std::stop_token& stop);
  /// The same, and the count that the answer is.
  result<std::uint64_t> count(protocol::request what, deadline until, const std::stop_token& stop);
  void turn(const protocol::request& what);
  void receive(protocol::op what);

  detail::queue_link link;
  detail::turn_keeper turns;
  message incoming;
  protocol::answer answer;
  std::uint64_t last_id = 0;
  bool sent = false;
  std::optional<failure> broken;
  bool answered = false;
};

namespace {

// Asking once more does no harm.
bool only_looks(protocol::op what) noexcept {
  return what == protocol::op::ls || what == protocol::op::stat || what == protocol::op::peek;
}

}  // namespace

void queue_admin::state::receive(protocol::op what) {
  while (!answered && link.receive(incoming, answer) == errc::ok)
    answered = answer.id == last_id && answer.what == what;
}

void queue_admin::state::turn(const protocol::request& what) {
  receive(what.what);
  if (answered) return;
  if (link.look() && std::exchange(sent, false) && !only_looks(what.what))
    broken = failure(errc::no_peer, "the connection to " + link.to() + " was lost before the answer to `" +
                                        std::string(name_of(what.what)) + "`; look whether it was done");
  if (broken || sent || !link.connected()) return;
  message m;
  append(what, m);
  sent = link.send(m) == errc::ok;
}

result<void> queue_admin::state::ask(protocol::request what, deadline until, const std::stop_token& stop) {
  const detail::inside in(turns);
  if (!in) return errc::concurrent_use;
  what.id = ++last_id;
  sent = answered = false;
  broken.reset();
  auto ran =
      link.run_until([&] { turn(what); }, [&] { return answered || broken; }, [&] { return !sent; }, until, stop);
  if (!ran) return ran;
  if (broken) return *broken;
  if (const auto* why = std::get_if<protocol::refusal>(&answer.body)) return failure(why->code, why->text);
  return {};
}

result<std::uint64_t> queue_admin::state::count(protocol::request what, deadline until, const std::stop_token& stop) {
  if (const auto done = ask(std::move(what), until, stop); !done) return done.error();
  return std::get<protocol::count_answer>(answer.body).n;
}

queue_admin::queue_admin(context& ctx, const queue_admin_options& options)
    : self_(std::make_unique<state>(ctx, options)) {}
queue_admin::queue_admin(queue_admin&&) noexcept = default;
queue_admin& queue_admin::operator=(queue_admin&&) noexcept = default;
queue_admin::~queue_admin() = default;

result<bool> queue_admin::declare(std::string_view queue, const queue_settings& settings, deadline until,
                                  std::stop_token stop) {
  const auto done = self_->ask({protocol::op::declare, {}, protocol::settings_request{queue, settings}}, until, stop);
  if (!done) return done.error();
  return std::get<protocol::declare_answer>(self_->answer.body).is_new;
}

result<void> queue_admin::set(std::string_view queue, const queue_settings& settings, deadline until,
                              std::stop_token stop) {
  return self_->ask({protocol::op::set, {}, protocol::settings_request{queue, settings}}, until, stop);
}

result<std::uint64_t> queue_admin::remove(std::string_view queue, bool only_if_empty, deadline until,
                                          std::stop_token stop) {
  return self_->count({protocol::op::remove, {}, protocol::remove_request{queue, only_if_empty}}, until, stop);
}

result<std::vector<queue_info>> queue_admin::list(std::string_view prefix, deadline until, std::stop_token stop) {
  const auto done = self_->ask({protocol::op::ls, {}, protocol::ls_request{prefix}}, until, stop);
  if (!done) return done.error();
  return std::move(std::get<protocol::ls_answer>(self_->answer.body).queues);
}

result<queue_info> queue_admin::stat(std::string_view queue, deadline until, std::stop_token stop) {
  const auto done = self_->ask({protocol::op::stat, {}, protocol::queue_request{queue}}, until, stop);
  if (!done) return done.error();
  return std::move(std::get<protocol::stat_answer>(self_->answer.body).queue);
}

result<std::vector<peeked_message>> queue_admin::peek(std::string_view queue, std::uint64_t from, std::uint64_t count,
                                                      deadline until, std::stop_token stop) {
  const auto done = self_->ask({protocol::op::peek, {}, protocol::peek_request{queue, from, count}}, until, stop);
  if (!done) return done.error();
  std::vector<peeked_message> all;
  protocol::body_place at;
  const auto& found = std::get<protocol::messages_answer>(self_->answer.body);
  for (const auto& d : found.messages) {
    auto info = detail::info_of(d);
    all.push_back({std::move(info), detail::take_body(self_->incoming, found.sizes, at, d.what.frames),
                   std::string(name_of(d.state))});
  }
  return all;
}

result<std::uint64_t> queue_admin::purge(std::string_view queue, deadline until, std::stop_token stop) {
  return self_->count({protocol::op::purge, {}, protocol::queue_request{queue}}, until, stop);
}

result<void> queue_admin::pause(std::string_view queue, bool on, deadline until, std::stop_token stop) {
  return self_->ask({protocol::op::pause, {}, protocol::pause_request{queue, on}}, until, stop);
}

result<std::uint64_t> queue_admin::redrive(std::string_view queue, const redrive_options& options, deadline until,
                                           std::stop_token stop) {
  const protocol::redrive_request what{.queue = queue, .n = options.count, .rate = options.rate, .to = options.to};
  return self_->count({protocol::op::redrive, {}, what}, until, stop);
}

socket& queue_admin::core() noexcept { return self_->link.core(); }

}  // namespace wye
