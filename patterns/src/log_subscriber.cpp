#include <wye/detail/check_option.hpp>
#include <wye/logs.hpp>

#include <algorithm>
#include <deque>
#include <map>

#include "log_link.hpp"

namespace wye {
namespace {

using log_protocol::answer;
using log_protocol::op;
using log_protocol::request;

constexpr std::uint64_t only = 1;  // the subscription: a connection of ours has no other

const log_subscriber_options& checked(const log_subscriber_options& o) {
  detail::check_option(o.credit >= 1 && o.credit <= 1'000'000, "credit", "1 to 1000000");
  detail::check_option(o.credit_bytes >= 1 && o.credit_bytes <= std::size_t{64} << 20, "credit_bytes", "1 to 64 MiB");
  if (!o.durable.empty() && !o.group.empty())
    throw error(errc::bad_option, "options durable and group exclude each other: a group's cursor is durable");
  return o;
}

}  // namespace

struct raw_log_subscriber::state {
  state(context& ctx, log_subscriber_options o) : options(std::move(o)), link(ctx, checked(options).link) {}

  // Where this subscriber stands in one partition.
  struct place {
    bool mine = true;
    std::uint64_t next = 0;    // what is expected; 0: not known
    std::uint64_t acked = 0;   // the next sequence, to be told to the device; 0: nothing new
    std::uint64_t missed = 0;  // before the next message
  };

  void subscribe();
  void be_ready();
  void hear(message m);
  void hear_messages(const answer& a, const message& m);
  void hear_gap(const answer& a);
  void hear_places(const answer& a);
  void grant();
  void say_acks(std::optional<std::uint64_t> id);
  bool next_sample(log_sample<message>& into);
  result<void> run_until(const std::function<bool()>& done, deadline until, const std::stop_token& stop);
  [[nodiscard]] bool has_cursor() const { return !options.durable.empty() || !options.group.empty(); }

  const log_subscriber_options options;
  detail::log_link link;
  std::map<std::uint32_t, place> places;
  std::deque<log_sample<message>> waiting;
  std::uint64_t waiting_bytes = 0;
  std::uint64_t taken = 0, taken_bytes = 0;  // since credit was granted
  std::uint64_t generation = 0;
  bool ready = false;
  bool known = false;                      // it has been subscribed before: the places are where to go on
  std::optional<failure> over;             // for good
  std::optional<std::uint64_t> commit_id;  // unanswered
  std::optional<result<void>> commit_answer;
};

// Anew with each connection: from where it stands, with the credit that is not used up by what waits here.
void raw_log_subscriber::state::subscribe() {
  link.hush();
  if (!options.group.empty()) waiting.clear(), waiting_bytes = 0;  // it comes again, to whom it then belongs
  request r{.what = op::sub,
            .id = link.next_id(),
            .sub = only,
            .stream = options.stream,
            .match = options.match,
            .prefix = options.topics,
            .from = options.from.at,
            .sequence = options.from.sequence,
            .at = options.from.time,
            .durable = options.durable,
            .group = options.group};
  r.n = options.credit - std::min<std::uint64_t>(options.credit, waiting.size());
  r.bytes = options.credit_bytes - std::min<std::uint64_t>(options.credit_bytes, waiting_bytes);
  taken = taken_bytes = 0;
  if (known && options.group.empty()) {
    r.from = log_protocol::start::now;
    for (const auto& [partition, p] : places) r.at_positions.push_back({partition, p.next});
  }
  ready = false;
  link.say(r);
}

void raw_log_subscriber::state::be_ready() {
  ready = known = true;
  if (commit_id) say_acks(commit_id);
}

void raw_log_subscriber::state::hear(message m) {
  answer a;
  if (!log_protocol::read(m, 0, a)) return;
  if (commit_id && a.id == commit_id) {
    commit_id.reset();
    commit_answer = a.code == errc::ok ? result<void>() : failure(a.code, a.text);
    return;
  }
  if ((a.what == op::sub && a.code != errc::ok) || a.what == op::end) over = failure(a.code, a.text);
  else if (a.what == op::sub && options.group.empty()) hear_places(a), be_ready();
  else if (a.what == op::assign) generation = a.generation, hear_places(a), be_ready();
  else if (a.what == op::seek) places.clear(), waiting.clear(), hear_places(a);
  else if ((a.what == op::credit || a.what == op::ack) && a.code == errc::not_found) subscribe();
  else if (a.what == op::gap) hear_gap(a);
  else if (a.what == op::msg) hear_messages(a, m);
}

// The device knows best: after a loss of power its log may end before what was heard of it.
void raw_log_subscriber::state::hear_places(const answer& a) {
  for (auto& [partition, p] : places) p.mine = false;
  for (const auto& at : a.at_positions) {
    place& p = places[at.partition];
    p.mine = true;
    p.next = at.next;
  }
  const auto is_lost = [this](const auto& s) { return !places[s.partition].mine; };
  for (const auto& s : waiting)
    if (is_lost(s))
      waiting_bytes -= std::min<std::uint64_t>(waiting_bytes, s.body.byte_size()), ++taken,
          taken_bytes += s.body.byte_size();
  std::erase_if(waiting, is_lost);
}

void raw_log_subscriber::state::hear_messages(const answer& a, const message& m) {
  place& p = places[a.partition];
  std::size_t at = 2;
  for (const auto& i : a.messages) {
    message body;
    for (std::uint32_t k = 0; k < i.frames; ++k) body.push_back(m[at++]);
    const std::uint64_t size = body.byte_size();
    p.next = std::max(p.next, i.number + 1);
    waiting_bytes += size;
    waiting.push_back({std::string(i.topic), std::move(body), a.partition, i.number, i.at, std::exchange(p.missed, 0),
                       detail::headers_of(i)});
  }
}

void raw_log_subscriber::state::hear_gap(const answer& a) {
  place& p = places[a.partition];
  const std::uint64_t first = std::max(a.first, p.next);
  if (a.last < first) return;
  p.next = a.last + 1;
  p.missed += a.last + 1 - first;
  if (options.on_gap) options.on_gap({a.partition, first, a.last, a.why});
}

// In large steps, so that not every message costs one.
void raw_log_subscriber::state::grant() {
  if (taken * 2 < options.credit && taken_bytes * 2 < options.credit_bytes) return;
  link.say(
      request{.what = op::credit, .sub = only, .n = std::exchange(taken, 0), .bytes = std::exchange(taken_bytes, 0)});
}

void raw_log_subscriber::state::say_acks(std::optional<std::uint64_t> id) {
  request r{.what = op::ack, .id = id, .sub = only, .generation = generation};
  for (auto& [partition, p] : places)
    if (p.mine && p.acked > 0) r.at_positions.push_back({partition, p.acked});
  if (r.at_positions.empty() && !id) return;
  if (!id)
    for (auto& [partition, p] : places) p.acked = 0;
  link.say(r);
}

bool raw_log_subscriber::state::next_sample(log_sample<message>& into) {
  if (waiting.empty()) return false;
  into = std::move(waiting.front());
  waiting.pop_front();
  const std::uint64_t size = into.body.byte_size();
  waiting_bytes -= std::min(waiting_bytes, size);
  ++taken, taken_bytes += size;
  grant();
  return true;
}

result<void> raw_log_subscriber::state::run_until(const std::function<bool()>& done, deadline until,
                                                  const std::stop_token& stop) {
  auto ended = link.run([this] { subscribe(); }, [this](message m) { hear(std::move(m)); },
                        [&] { return over || done(); }, until, stop);
  if (over && !done()) return *over;
  return ended;
}

raw_log_subscriber::raw_log_subscriber(context& ctx, const log_subscriber_options& o)
    : self_(std::make_unique<state>(ctx, o)) {}
raw_log_subscriber::raw_log_subscriber(raw_log_subscriber&&) noexcept = default;
raw_log_subscriber& raw_log_subscriber::operator=(raw_log_subscriber&&) noexcept = default;
raw_log_subscriber::~raw_log_subscriber() {
  if (self_ && self_->has_cursor() && self_->ready) self_->say_acks(std::nullopt);
}

result<log_sample<message>> raw_log_subscriber::recv(deadline until, std::stop_token stop) {
  state& s = *self_;
  log_sample<message> next;
  if (s.next_sample(next)) return next;
  if (s.has_cursor() && s.ready) s.say_acks(std::nullopt);
  const auto done = s.run_until([&s] { return !s.waiting.empty(); }, until, stop);
  if (!done) return done.code() == errc::timeout && s.ready ? failure(errc::timeout) : done.error();
  s.next_sample(next);
  return next;
}

void raw_log_subscriber::ack(std::uint32_t partition, std::uint64_t sequence) {
  auto& p = self_->places[partition];
  p.acked = std::max(p.acked, sequence + 1);
}

result<void> raw_log_subscriber::commit(deadline until, std::stop_token stop) {
  state& s = *self_;
  if (!s.has_cursor())
    return failure(errc::wrong_state, "there is no cursor: give the subscriber a durable name or a group");
  s.commit_answer.reset();
  s.commit_id = s.link.next_id();
  if (s.ready) s.say_acks(s.commit_id);
  auto done = s.run_until([&s] { return s.commit_answer.has_value(); }, until, stop);
  s.commit_id.reset();
  if (!done) return done;
  if (*s.commit_answer)
    for (auto& [partition, p] : s.places) p.acked = 0;
  return *s.commit_answer;
}

result<void> raw_log_subscriber::wait_until_ready(deadline until, std::stop_token stop) {
  state& s = *self_;
  return s.run_until([&s] { return s.ready; }, until, stop);
}

std::vector<std::uint32_t> raw_log_subscriber::partitions() const {
  std::vector<std::uint32_t> mine;
  for (const auto& [partition, p] : self_->places)
    if (p.mine) mine.push_back(partition);
  return mine;
}

socket& raw_log_subscriber::core() noexcept { return self_->link.core(); }

}  // namespace wye
