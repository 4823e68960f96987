#include <wye/logs.hpp>

#include <algorithm>
#include <deque>
#include <map>
#include <random>

#include <wye/detail/check_option.hpp>
#include <wye/queue_protocol.hpp>

#include "log_link.hpp"

namespace wye {
namespace {

// Without an answer for so long, what is unanswered is said again: the connection may be there and the device anew.
constexpr auto again_after = std::chrono::seconds(5);

// What goes in one request. NNG carries 1024 frames in a message; the bytes fit where max_message is far below its
// default, and a larger publication goes alone.
constexpr std::size_t most_frames = 1000, most_bytes = std::size_t{64} << 10;
constexpr std::size_t few = 16;  // under way: who has no more goes at once
constexpr unsigned posts_between_looks = 32;

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
    std::string topic, key, headers;
    std::optional<std::uint64_t> expected, expected_topic;
    message body;
    std::optional<result<confirmation>> outcome;
    bool dropped = false;  // nobody wants the outcome
  };
  struct run {  // of numbers
    std::uint64_t first;
    std::size_t count;
  };

  std::uint64_t add(std::string_view topic, message body, const publish_options& how, std::string headers);
  void look();
  [[nodiscard]] bool is_worth_a_request() const noexcept;
  void say_waiting();
  [[nodiscard]] run next_run() const;
  void say(run of);
  void say_all_again();
  void hear(message m);
  void settle(std::uint64_t number, std::size_t index, const log_protocol::answer& a);
  void settle(std::uint64_t number, result<confirmation> how);
  void forget_dropped();
  [[nodiscard]] posted& at(std::uint64_t number) { return unconfirmed[number - first()]; }
  [[nodiscard]] const posted& at(std::uint64_t number) const { return unconfirmed[number - first()]; }
  [[nodiscard]] std::uint64_t first() const noexcept { return next - unconfirmed.size(); }
  [[nodiscard]] failure late(const failure& why) const;
  result<void> run_until(const std::function<bool()>& done, deadline until, const std::stop_token& stop);

  detail::log_link link;
  const std::string producer;
  std::uint64_t next;
  const std::size_t window;
  std::deque<posted> unconfirmed;         // by number
  std::uint64_t cursor = next;            // nothing before it waits to be said
  std::size_t under_way = 0;              // said, and without an outcome
  std::map<std::uint64_t, run> requests;  // by id
  unsigned posts = 0;
  time_point last_heard = clock::now();
};

std::uint64_t raw_log_publisher::state::add(std::string_view topic, message body, const publish_options& how,
                                            std::string headers) {
  if (unconfirmed.empty()) last_heard = clock::now();
  for (frame& f : body)
    if (f.borrowed()) f = frame::copy_of(f.bytes());
  unconfirmed.push_back({std::string(topic),
                         std::string(how.key),
                         std::move(headers),
                         how.expected,
                         how.expected_topic,
                         std::move(body),
                         {}});
  return next++;
}

void raw_log_publisher::state::look() {
  link.step([this] { say_all_again(); }, [this](message heard) { hear(std::move(heard)); });
}

// While little is under way, at once; then not before it is a quarter of that. So requests grow with the load, and
// there are several under way, for the device to handle one while the next one is made.
bool raw_log_publisher::state::is_worth_a_request() const noexcept {
  const std::size_t waiting = next - cursor;
  return waiting > 0 && (under_way < few || waiting * 4 >= under_way);
}

// In order, as the protocol wants it.
void raw_log_publisher::state::say_waiting() {
  while (cursor < next) {
    const run some = next_run();
    if (some.count > 0) say(some);
    cursor = some.first + std::max<std::size_t>(some.count, 1);
  }
}

// Those from the cursor on that go together. None if the first one has its outcome already.
raw_log_publisher::state::run raw_log_publisher::state::next_run() const {
  std::size_t count = 0, frames = 0, bytes = 0;
  for (std::uint64_t n = cursor; n < next && !at(n).outcome && count < log_protocol::max_batch; ++n, ++count) {
    const posted& p = at(n);
    frames += p.body.size();
    bytes += p.body.byte_size() + p.topic.size() + p.key.size() + p.headers.size();
    if (count > 0 && (frames > most_frames || bytes > most_bytes)) break;
  }
  return {cursor, count};
}

void raw_log_publisher::state::say(run of) {
  log_protocol::request r{.what = log_protocol::op::pub, .id = link.next_id(), .producer = producer};
  r.messages.reserve(of.count);
  for (std::uint64_t n = of.first; n < of.first + of.count; ++n) {
    const posted& p = at(n);
    r.messages.push_back({.topic = p.topic,
                          .number = n,
                          .key = p.key,
                          .headers = p.headers,
                          .frames = static_cast<std::uint32_t>(p.body.size()),
                          .expected = p.expected,
                          .expected_topic = p.expected_topic});
  }
  message m;
  append(r, m);
  for (std::uint64_t n = of.first; n < of.first + of.count; ++n)
    for (const frame& f : at(n).body) m.push_back(f);
  requests.emplace(*r.id, of);
  under_way += of.count;
  link.say(std::move(m));
}

void raw_log_publisher::state::say_all_again() {
  link.hush();
  requests.clear();
  cursor = first();
  under_way = 0;
  last_heard = clock::now();
  say_waiting();
}

void raw_log_publisher::state::hear(message m) {
  log_protocol::answer a;
  if (!log_protocol::read(m, 0, a) || a.what != log_protocol::op::pub || !a.id) return;
  const auto found = requests.extract(*a.id);
  if (!found) return;
  last_heard = clock::now();
  const run about = found.mapped();
  under_way -= about.count;
  for (std::size_t i = 0; i < about.count; ++i) settle(about.first + i, i, a);
  forget_dropped();
}

void raw_log_publisher::state::settle(std::uint64_t number, std::size_t index, const log_protocol::answer& a) {
  const auto bad = std::ranges::find(a.bad, index, &log_protocol::bad_one::index);
  if (a.code != errc::ok) return settle(number, of_answer(a.code, a.text));
  if (bad != a.bad.end()) return settle(number, of_answer(bad->code, bad->text));
  if (index >= a.sequences.size()) return settle(number, failure(errc::malformed, "an answer without a sequence"));
  settle(number, confirmation{number, static_cast<std::uint32_t>(index < a.partitions.size() ? a.partitions[index] : 0),
                              a.sequences[index], std::ranges::find(a.duplicates, index) != a.duplicates.end()});
}

void raw_log_publisher::state::settle(std::uint64_t number, result<confirmation> how) {
  posted& p = at(number);
  p.body.clear();
  p.outcome = std::move(how);
}

void raw_log_publisher::state::forget_dropped() {
  while (!unconfirmed.empty() && unconfirmed.front().dropped && unconfirmed.front().outcome) unconfirmed.pop_front();
}

// A device drops what is larger than its max_message before it can answer.
failure raw_log_publisher::state::late(const failure& why) const {
  const std::size_t customary = socket_options{}.max_message;
  const std::size_t size = unconfirmed.empty() ? 0 : unconfirmed.front().body.byte_size();
  if (why.code() != errc::timeout || size <= customary) return why;
  return failure(why.code(), why.message() + "; a publication has " + std::to_string(size) +
                                 " bytes: is that more than the device's max_message?");
}

result<void> raw_log_publisher::state::run_until(const std::function<bool()>& done, deadline until,
                                                 const std::stop_token& stop) {
  return link.run([this] { say_all_again(); }, [this](message m) { hear(std::move(m)); },
                  [&] {
                    if (clock::now() - last_heard > again_after) say_all_again();
                    say_waiting();
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
  std::string headers = how.headers.empty() ? std::string() : queue_protocol::headers_as(how.headers);
  if (how.headers.size() > log_protocol::max_headers || headers.size() > log_protocol::max_header_bytes)
    return failure(errc::malformed, "a publication has at most 64 headers of together 16 KiB");
  const std::uint64_t number = s.add(topic, std::move(body), how, std::move(headers));
  if (++s.posts % posts_between_looks == 0 || s.is_worth_a_request()) s.look();
  if (s.is_worth_a_request()) s.say_waiting();
  return number;
}

result<raw_log_publisher::outcome> raw_log_publisher::recv(deadline until, std::stop_token stop) {
  state& s = *self_;
  if (s.unconfirmed.empty()) return failure(errc::wrong_state, "nothing is posted");
  if (!s.unconfirmed.front().outcome) {
    const auto done = s.run_until([&s] { return s.unconfirmed.front().outcome.has_value(); }, until, stop);
    if (!done) return s.late(done.error());
  }
  outcome first{s.first(), std::move(*s.unconfirmed.front().outcome)};
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
  s.unconfirmed.back().dropped = true;
  s.forget_dropped();
  return what;
}

std::size_t raw_log_publisher::in_flight() const noexcept { return self_->unconfirmed.size(); }
socket& raw_log_publisher::core() noexcept { return self_->link.core(); }

}  // namespace wye
