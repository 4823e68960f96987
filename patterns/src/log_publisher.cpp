#include <wye/logs.hpp>

#include <deque>
#include <random>

#include <wye/detail/check_option.hpp>
#include <wye/queue_protocol.hpp>

#include "log_link.hpp"

namespace wye {
namespace {

// Without an answer for so long, what is unanswered is said again: the connection may be there and the device anew.
constexpr auto again_after = std::chrono::seconds(5);

std::string random_name() {
  std::random_device source;
  std::string name;
  for (int i = 0; i < 4; ++i) {
    const std::uint32_t part = source();
    name.append(reinterpret_cast<const char*>(&part), sizeof part);
  }
  return name;
}

const log_publisher_options& checked(const log_publisher_options& o) {
  detail::check_option(o.window >= 1 && o.window <= log_protocol::max_unconfirmed, "window", "1 to 1024");
  detail::check_option(o.producer.size() <= log_protocol::max_blob, "producer", "at most 255 bytes");
  detail::check_option(o.first_number >= 1, "first_number", "at least 1");
  return o;
}

failure of_answer(errc code, const std::string& text) { return text.empty() ? failure(code) : failure(code, text); }

}  // namespace

struct raw_log_publisher::state {
  state(context& ctx, const log_publisher_options& o)
      : link(ctx, checked(o).link),
        producer(o.producer.empty() ? random_name() : o.producer),
        next(o.first_number),
        window(o.window) {}

  struct posted {
    std::uint64_t number;
    message request;  // as it is said, and said again
    std::optional<result<confirmation>> outcome;
    bool dropped = false;  // nobody wants the outcome
  };

  void say_all_again();
  void hear(message m);
  void settle(posted& p, const log_protocol::answer& a);
  void forget_dropped();
  [[nodiscard]] failure late(const failure& why) const;
  result<void> run_until(const std::function<bool()>& done, deadline until, const std::stop_token& stop);

  detail::log_link link;
  const std::string producer;
  std::uint64_t next;
  const std::size_t window;
  std::deque<posted> unconfirmed;  // by number
  time_point last_heard = clock::now();
};

// In order, as the protocol wants it.
void raw_log_publisher::state::say_all_again() {
  link.hush();
  last_heard = clock::now();
  for (const posted& p : unconfirmed)
    if (!p.outcome) link.say(p.request);
}

void raw_log_publisher::state::hear(message m) {
  log_protocol::answer a;
  if (!log_protocol::read(m, 0, a) || a.what != log_protocol::op::pub || !a.id) return;
  last_heard = clock::now();
  for (posted& p : unconfirmed)
    if (p.number == *a.id && !p.outcome) return settle(p, a);
}

void raw_log_publisher::state::settle(posted& p, const log_protocol::answer& a) {
  p.request.clear();
  if (a.code != errc::ok) p.outcome = of_answer(a.code, a.text);
  else if (!a.bad.empty()) p.outcome = of_answer(a.bad[0].code, a.bad[0].text);
  else if (a.sequences.empty()) p.outcome = failure(errc::malformed, "an answer without a sequence");
  else
    p.outcome = confirmation{p.number, static_cast<std::uint32_t>(a.partitions.empty() ? 0 : a.partitions[0]),
                             a.sequences[0], !a.duplicates.empty()};
  forget_dropped();
}

void raw_log_publisher::state::forget_dropped() {
  while (!unconfirmed.empty() && unconfirmed.front().dropped && unconfirmed.front().outcome) unconfirmed.pop_front();
}

// A device drops what is larger than its max_message before it can answer.
failure raw_log_publisher::state::late(const failure& why) const {
  const std::size_t customary = socket_options{}.max_message;
  const std::size_t size = unconfirmed.empty() ? 0 : unconfirmed.front().request.byte_size();
  if (why.code() != errc::timeout || size <= customary) return why;
  return failure(why.code(), why.message() + "; a publication has " + std::to_string(size) +
                                 " bytes: is that more than the device's max_message?");
}

result<void> raw_log_publisher::state::run_until(const std::function<bool()>& done, deadline until,
                                                 const std::stop_token& stop) {
  return link.run([this] { say_all_again(); }, [this](message m) { hear(std::move(m)); },
                  [&] {
                    if (clock::now() - last_heard > again_after) say_all_again();
                    return done();
                  },
                  until, stop);
}

raw_log_publisher::raw_log_publisher(context& ctx, const log_publisher_options& o)
    : self_(std::make_unique<state>(ctx, o)) {}
raw_log_publisher::raw_log_publisher(raw_log_publisher&&) noexcept = default;
raw_log_publisher& raw_log_publisher::operator=(raw_log_publisher&&) noexcept = default;
raw_log_publisher::~raw_log_publisher() = default;

result<std::uint64_t> raw_log_publisher::post(std::string_view topic, message body, const publish_options& how) {
  state& s = *self_;
  if (topic.size() > log_protocol::max_topic || body.empty() || body.size() > log_protocol::max_frames ||
      how.key.size() > log_protocol::max_blob)
    return failure(errc::malformed,
                   "a publication has a topic of at most 1024 bytes, a key of at most 255, and 1 to 64 frames");
  if (body.byte_size() > s.link.core().options().max_message)
    return failure(errc::too_large, "the body has " + std::to_string(body.byte_size()) + " bytes; max_message is " +
                                        std::to_string(s.link.core().options().max_message));
  if (s.unconfirmed.size() >= s.window)
    return failure(errc::limit, std::to_string(s.window) +
                                    " publications are posted whose outcome was not taken (window): call recv()");
  const std::string headers = how.headers.empty() ? std::string() : queue_protocol::headers_as(how.headers);
  if (how.headers.size() > log_protocol::max_headers || headers.size() > log_protocol::max_header_bytes)
    return failure(errc::malformed, "a publication has at most 64 headers of together 16 KiB");
  log_protocol::request r{.what = log_protocol::op::pub, .id = s.next, .producer = s.producer};
  r.messages.push_back({.topic = topic,
                        .number = s.next,
                        .key = how.key,
                        .headers = headers,
                        .frames = static_cast<std::uint32_t>(body.size()),
                        .expected = how.expected,
                        .expected_topic = how.expected_topic});
  message m;
  append(r, m);
  for (frame& f : body) m.push_back(f.borrowed() ? frame::copy_of(f.bytes()) : std::move(f));
  if (s.unconfirmed.empty()) s.last_heard = clock::now();
  s.unconfirmed.push_back({s.next, m, {}});
  s.link.step([&s] { s.say_all_again(); }, [&s](message heard) { s.hear(std::move(heard)); });
  s.link.say(std::move(m));
  return s.next++;
}

result<raw_log_publisher::outcome> raw_log_publisher::recv(deadline until, std::stop_token stop) {
  state& s = *self_;
  if (s.unconfirmed.empty()) return failure(errc::wrong_state, "nothing is posted");
  const auto done = s.run_until([&s] { return s.unconfirmed.front().outcome.has_value(); }, until, stop);
  if (!done) return s.late(done.error());
  outcome first{s.unconfirmed.front().number, std::move(*s.unconfirmed.front().outcome)};
  s.unconfirmed.pop_front();
  return first;
}

result<confirmation> raw_log_publisher::send(std::string_view topic, message body, deadline until, std::stop_token stop,
                                             const publish_options& how) {
  state& s = *self_;
  for (const auto& p : s.unconfirmed)
    if (!p.dropped) return failure(errc::wrong_state, "take the outcomes of what was posted first");
  const auto number = post(topic, std::move(body), how);
  if (!number) return number.error();
  const auto done = s.run_until([&] { return s.unconfirmed.back().outcome.has_value(); }, until, stop);
  if (!done) return s.unconfirmed.back().dropped = true, s.late(done.error());
  auto what = std::move(*s.unconfirmed.back().outcome);
  s.unconfirmed.pop_back();
  return what;
}

std::size_t raw_log_publisher::in_flight() const noexcept { return self_->unconfirmed.size(); }
socket& raw_log_publisher::core() noexcept { return self_->link.core(); }

}  // namespace wye
