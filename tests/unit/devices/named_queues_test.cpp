#include <wye/devices/named_queues.hpp>

#include <atomic>
#include <deque>

#include <wye/queue_protocol.hpp>

#include "running.hpp"

using namespace wye;
using namespace wye::test;
using namespace wye::queue_protocol;

namespace {

// A client of the protocol, played by hand.
class hand_client {
 public:
  hand_client(context& ctx, const endpoint& to) : socket_(ctx, role::dealer, {}, to) {}

  void say(const request& r, std::initializer_list<std::string_view> bodies = {}) {
    message m;
    append(r, m);
    for (const auto body : bodies) m.push_back(body);
    socket_.send(m, patience).value();
  }
  /// The next message of the device; its views hold until the one after. What only asks whether we are there is passed
  /// over.
  answer& hear() {
    for (;;) {
      if (aside_.empty()) aside_.push_back(socket_.recv(patience).value());
      said_ = std::move(aside_.front());
      aside_.pop_front();
      read(said_, 0, answer_).value();
      if (answer_.what != op::msg || !std::get<messages_answer>(answer_.body).messages.empty()) return answer_;
    }
  }
  // Messages that come meanwhile are heard later.
  answer& hear_answer(const request& r) {
    std::deque<message> messages;
    while (hear().what == op::msg) messages.push_back(std::move(said_));
    REQUIRE(answer_.id == r.id);
    aside_.insert(aside_.begin(), std::make_move_iterator(messages.begin()), std::make_move_iterator(messages.end()));
    return answer_;
  }
  bool is_silent() { return socket_.recv(0ms).code() == errc::timeout; }
  template <class Body>
  Body ask(const request& r, std::initializer_list<std::string_view> bodies = {}) {
    say(r, bodies);
    const answer& a = hear_answer(r);
    if (const auto* no = std::get_if<refusal>(&a.body)) FAIL(no->text);
    return std::get<Body>(a.body);
  }
  errc refused(const request& r, std::initializer_list<std::string_view> bodies = {}) {
    say(r, bodies);
    const auto* no = std::get_if<refusal>(&hear_answer(r).body);
    return no != nullptr ? no->code : errc::ok;
  }

  put_answer put(std::string_view queue, std::initializer_list<std::string_view> bodies, const properties& p = {}) {
    return ask<put_answer>({op::put, ++id_, put_request{queue, true, std::vector<properties>(bodies.size(), p)}},
                           bodies);
  }
  void get(std::string_view queue, std::uint64_t n, std::uint64_t id = 1, bool automatic = false) {
    say({op::get, id, get_request{.queue = queue, .make = true, .n = n, .automatic = automatic}});
  }
  /// The frames behind the header of what was heard.
  std::vector<std::string> bodies() const {
    std::vector<std::string> all;
    for (std::size_t i = 2; i < said_.size(); ++i) all.emplace_back(said_[i].text());
    return all;
  }
  const messages_answer& messages() const { return std::get<messages_answer>(answer_.body); }
  // The tokens of the messages heard last.
  settle_request tokens(std::string_view queue) const {
    settle_request r{.queue = queue, .epoch = messages().epoch};
    for (const delivered& d : messages().messages) r.sequences.push_back(d.sequence), r.attempts.push_back(d.attempt);
    return r;
  }
  count_answer ack(std::string_view queue) {
    const settle_request r = tokens(queue);
    return ask<count_answer>({op::ack, ++id_, r});
  }
  queue_info stat(std::string_view queue) { return ask<stat_answer>({op::stat, ++id_, queue_request{queue}}).queue; }
  socket& core() { return socket_; }

 private:
  socket socket_;
  std::deque<message> aside_;
  message said_;
  answer answer_;
  std::uint64_t id_ = 100;
};

named_queues_options at(const std::string& endpoint) { return {.common = {.frontend = endpoint}}; }

// A store whose medium can fail.
class failing_store final : public store {
 public:
  result<std::unique_ptr<log>> open(std::string_view name) override { return in_->open(name); }
  result<void> remove(std::string_view name) override { return in_->remove(name); }
  [[nodiscard]] std::vector<std::string> names() const override { return in_->names(); }
  result<void> sync() override {
    if (!broken) return {};
    failed_ = true;
    return failure(errc::io, reason());
  }
  [[nodiscard]] store_state state() const override { return failed_ ? store_state::read_only : in_->state(); }
  [[nodiscard]] std::string reason() const override { return "the medium failed"; }
  [[nodiscard]] const recovery_report& recovery() const override { return in_->recovery(); }
  std::atomic<bool> broken = false;

 private:
  std::unique_ptr<store> in_ = make_memory_store();
  std::atomic<bool> failed_ = false;
};

const char* const fronts[] = {"inproc://queues", "tcp://127.0.0.1:0", "nng+inproc://queues", "nng+tcp://127.0.0.1:0"};

}  // namespace

TEST_CASE("put, get, ack") {
  for (const char* front : fronts) {
    CAPTURE(front);
    context ctx;
    named_queues d(ctx, at(front));
    running run(d);
    hand_client a(ctx, d.bound("frontend")), b(ctx, d.bound("frontend"));
    const auto put = a.put("q", {"1", "2", "3"});
    REQUIRE(put.sequences.size() == 3);
    CHECK(put.sequences[0] < put.sequences[1]);
    b.get("q", 2);
    CHECK(b.hear().what == op::msg);
    CHECK(b.bodies() == std::vector<std::string>{"1", "2"});
    CHECK(b.messages().messages[0].sequence == put.sequences[0]);
    CHECK(b.messages().messages[0].attempt == 1);
    CHECK(b.ack("q").n == 2);
    const queue_counts c = a.stat("q").counts;
    CHECK(c.ready == 1);
    CHECK(c.acked == 2);
    CHECK(b.is_silent());
    CHECK(run.finish());
    CHECK(d.statistics().details.at("acked") == 2);
  }
}

TEST_CASE("the properties and frames of a message arrive as they were put") {
  context ctx;
  named_queues d(ctx, at("inproc://queues"));
  running run(d);
  hand_client a(ctx, d.bound("frontend"));
  const std::string headers = headers_as({{"k", "v"}});
  const properties p{.dedup = {"d", true},
                     .group = {"g", false},
                     .reply_to = {"r", false},
                     .correlation = {"c", true},
                     .headers = headers,
                     .priority = 4,
                     .frames = 3};
  a.say({op::put, 1, put_request{"q", true, {p}}}, {"one", "", "three"});
  CHECK(std::get<put_answer>(a.hear().body).sequences.size() == 1);
  a.get("q", 1);
  a.hear();
  CHECK(a.bodies() == std::vector<std::string>{"one", "", "three"});
  CHECK(a.messages().messages[0].what == p);
}

TEST_CASE("a consumer that vanishes returns what it had") {
  for (const char* front : fronts) {
    CAPTURE(front);
    context ctx;
    named_queues d(ctx, at(front));
    running run(d);
    hand_client a(ctx, d.bound("frontend"));
    a.put("q", {"1", "2"});
    {
      hand_client dying(ctx, d.bound("frontend"));
      dying.get("q", 5);
      dying.hear();
    }
    a.get("q", 5);
    a.hear();
    CHECK(a.bodies() == std::vector<std::string>{"1", "2"});
    CHECK(a.messages().messages[0].attempt == 2);
  }
}

TEST_CASE("mistakes are answered, each with its code") {
  context ctx;
  named_queues d(ctx, at("tcp://127.0.0.1:0"));
  running run(d);
  hand_client a(ctx, d.bound("frontend"));
  CHECK(a.refused({op::put, 1, put_request{"none", false, {{}}}}, {"x"}) == errc::not_found);
  CHECK(a.refused({op::stat, 2, queue_request{"none"}}) == errc::not_found);
  CHECK(a.ask<declare_answer>({op::declare, 3, settings_request{"q", {.max_messages = 1}}}).is_new);
  CHECK(!a.ask<declare_answer>({op::declare, 4, settings_request{"q", {.max_messages = 1}}}).is_new);
  CHECK(a.refused({op::declare, 5, settings_request{"q", {.max_messages = 2}}}) == errc::exists);
  CHECK(a.refused({op::set, 6, settings_request{"q", {.dead = "q"}}}) == errc::bad_option);
  CHECK(a.put("q", {"1", "2"}).bad.at(0).code == errc::full);
  CHECK(a.refused({op::remove, 7, remove_request{"q", true}}) == errc::wrong_state);
  const auto stale = a.ask<count_answer>({op::ack, 8, settle_request{.queue = "q", .epoch = 1, .sequences = {1}}});
  CHECK(stale.n == 0);
  CHECK(stale.bad.at(0).code == errc::stale);
  CHECK(a.ask<count_answer>({op::remove, 9, remove_request{"q"}}).n == 1);
  CHECK(a.refused({op::stat, 10, queue_request{"q"}}) == errc::not_found);

  message m{"wye2", "\x80"};  // another version
  a.core().send(m, patience).value();
  CHECK(std::get<refusal>(a.hear().body).code == errc::not_supported);
  m = message{"wye1", "\x81\xa2op"};
  a.core().send(m, patience).value();
  CHECK(std::get<refusal>(a.hear().body).code == errc::malformed);
  CHECK(eventually([&] { return d.statistics().forward[drop_reason::malformed] == 2; }));
}

TEST_CASE("a message larger than the store takes is refused, the others of the same put are not") {
  context ctx;
  auto o = at("tcp://127.0.0.1:0");
  o.max_record = 2000;
  named_queues d(ctx, o);
  running run(d);
  hand_client a(ctx, d.bound("frontend"));
  const auto put = a.put("q", {"1", std::string(3000, 'x'), "3"});
  CHECK(put.bad.at(0).index == 1);
  CHECK(put.bad.at(0).code == errc::too_large);
  CHECK(put.sequences[1] == 0);
  CHECK(put.sequences[2] != 0);
}

TEST_CASE("a put that is blocked is confirmed when there is room") {
  context ctx;
  named_queues d(ctx, at("tcp://127.0.0.1:0"));
  running run(d);
  hand_client a(ctx, d.bound("frontend")), b(ctx, d.bound("frontend"));
  a.ask<declare_answer>(
      {op::declare, 1, settings_request{"q", {.max_messages = 2, .overflow = queue_overflow::block}}});
  a.say({op::put, 2, put_request{"q", false, std::vector<properties>(5)}}, {"1", "2", "3", "4", "5"});
  CHECK(eventually([&] { return d.statistics().details.at("blocked") == 1; }));
  CHECK(a.is_silent());
  std::size_t seen = 0;
  for (b.get("q", 9); seen < 5; b.ack("q")) {
    b.hear();
    seen += b.messages().messages.size();
  }
  CHECK(std::get<put_answer>(a.hear().body).sequences.size() == 5);
  CHECK(d.statistics().details.at("blocked") <= 1);
}

TEST_CASE("dead letters say where they come from, and go back when they are redriven") {
  context ctx;
  named_queues d(ctx, at("tcp://127.0.0.1:0"));
  running run(d);
  hand_client a(ctx, d.bound("frontend"));
  const auto put = a.put("q", {"1"}, {.dedup = {"id", false}});
  a.get("q", 1);
  a.hear();
  const settle_request no{
      .queue = "q", .epoch = a.messages().epoch, .sequences = put.sequences, .how = nack_how::dead, .why = "bad"};
  CHECK(a.ask<count_answer>({op::nack, 2, no}).n == 1);
  a.get("q.dead", 1, 3);
  a.hear();
  CHECK(a.bodies() == std::vector<std::string>{"1"});
  REQUIRE(a.messages().messages[0].origin);
  const dead_origin& o = *a.messages().messages[0].origin;
  CHECK(o.queue == "q");
  CHECK(o.sequence == put.sequences[0]);
  CHECK(o.reason == "rejected");
  CHECK(o.text == "bad");
  CHECK(a.ask<count_answer>({op::nack, 4, a.tokens("q.dead")}).n == 1);
  CHECK(a.ask<count_answer>({op::redrive, 5, redrive_request{.queue = "q.dead"}}).n == 1);
  a.get("q", 1);
  a.hear();
  CHECK(a.bodies() == std::vector<std::string>{"1"});
  CHECK(!a.messages().messages[0].origin);
  CHECK(a.messages().messages[0].what.dedup.bytes == "id");
  CHECK(a.stat("q").counts.dead == 1);
  CHECK(a.stat("q.dead").counts.ready == 0);
}

TEST_CASE("plain pushers and pullers take part") {
  for (const char* engine : {"", "nng+"}) {
    CAPTURE(engine);
    context ctx;
    const std::string at_any = std::string(engine) + "tcp://127.0.0.1:0";
    auto o = at("tcp://127.0.0.1:0");
    o.from_push = {{"q", at_any}};
    o.to_pull = {{"q", at_any}};
    named_queues d(ctx, o);
    running run(d);
    socket push(ctx, role::push, {}, d.bound("from_push q").str());
    for (int i = 0; i < 100; ++i) push.send(message{std::to_string(i), "x"}, patience).value();
    hand_client a(ctx, d.bound("frontend"));
    CHECK(eventually([&] { return a.stat("q").counts.ready == 100; }));
    socket pull(ctx, role::pull, {}, d.bound("to_pull q").str());
    for (int i = 0; i < 100; ++i) CHECK(pull.recv(patience).value() == message{std::to_string(i), "x"});
    CHECK(eventually([&] { return a.stat("q").counts.acked == 100; }));
    a.put("q", {"last"});
    CHECK(pull.recv(patience).value() == message{"last"});
    CHECK(run.finish());
    CHECK(d.statistics().forward.dropped_total() == 0);
  }
}

TEST_CASE("a full queue holds the pushers back, and loses nothing") {
  context ctx;
  auto o = at("tcp://127.0.0.1:0");
  o.from_push = {{"q", "inproc://push"}};
  named_queues d(ctx, o);
  running run(d);
  hand_client a(ctx, d.bound("frontend"));
  a.ask<done_answer>({op::set, 1, settings_request{"q", {.max_messages = 10}}});
  socket push(ctx, role::push, {}, d.bound("from_push q").str());
  for (int i = 0; i < 50; ++i) push.send(message(std::to_string(i)), patience).value();
  int seen = 0;
  for (a.get("q", 100); seen < 50;) {
    a.hear();
    for (const std::string& body : a.bodies()) CHECK(body == std::to_string(seen++));
    a.ack("q");
  }
}

TEST_CASE("requests go through a queue to plain and to our own workers") {
  for (const char* engine : {"", "nng+"}) {
    CAPTURE(engine);
    context ctx;
    const std::string at_any = std::string(engine) + "tcp://127.0.0.1:0";
    auto o = at("tcp://127.0.0.1:0");
    o.from_req = {{"q", at_any}};
    o.to_rep = {{"q", at_any}};
    named_queues d(ctx, o);
    running run(d);
    replier<> worker(ctx, {.connect = d.bound("to_rep q")});
    std::jthread works([&](const std::stop_token& stop) { (void)worker.serve([](message m) { return m; }, stop); });
    requester<> client(ctx, {.connect = d.bound("from_req q")});
    for (int i = 0; i < 20; ++i)
      CHECK(client.call(message(std::to_string(i)), patience).value() == message(std::to_string(i)));
    hand_client a(ctx, d.bound("frontend"));
    CHECK(eventually([&] { return a.stat("q").counts.acked == 20; }));
    CHECK(a.stat("q").counts.ready == 0);
  }
}

TEST_CASE("a request outlives the device, and who asks again with its id gets the answer") {
  const std::shared_ptr<store> kept = make_memory_store();
  context ctx;
  auto o = at("inproc://queues");
  o.kept_in = kept;
  o.from_req = {{"q", "inproc://req"}};
  o.to_rep = {{"q", "inproc://rep"}};
  std::string id(16, 'x');
  id[0] = '\0';
  id.replace(1, 3, "wye");
  id[12] = '\x80';
  const auto ask = [&](named_queues& d) {
    auto s = std::make_unique<socket>(ctx, role::dealer, endpoints{}, endpoints(d.bound("from_req q")));
    s->send(message{id, "", "question"}, patience).value();
    return s;
  };
  {
    named_queues d(ctx, o);
    running run(d);
    const auto client = ask(d);
    hand_client a(ctx, d.bound("frontend"));
    CHECK(eventually([&] { return a.stat("q").counts.ready == 1; }));
    CHECK(run.finish());
  }
  {
    named_queues d(ctx, o);
    running run(d);
    socket worker(ctx, role::router, {}, d.bound("to_rep q").str());
    message m = worker.recv(patience).value();
    CHECK(m.text() == "question");
    m.truncate(m.size() - 1);
    m.push_back("answer");
    worker.send(m, patience).value();
    hand_client a(ctx, d.bound("frontend"));
    CHECK(eventually([&] { return a.stat("q").counts.acked == 1; }));  // its client has gone
    CHECK(run.finish());
  }
  named_queues d(ctx, o);
  running run(d);
  CHECK(ask(d)->recv(patience).value() == message{id, "", "answer"});
  hand_client a(ctx, d.bound("frontend"));
  CHECK(a.stat("q").counts.ready == 0);  // it was not asked anew
}

TEST_CASE("a full store refuses puts, gives out what it has, and resumes by itself") {
  context ctx;
  auto o = at("tcp://127.0.0.1:0");
  o.kept_in = make_memory_store({.max_bytes = 3000});
  named_queues d(ctx, o);
  running run(d);
  hand_client a(ctx, d.bound("frontend"));
  const std::string kilobyte(1000, 'x');
  CHECK(a.put("q", {kilobyte, kilobyte}).bad.empty());
  const auto refused = a.put("q", {kilobyte});
  CHECK(refused.bad.at(0).code == errc::no_space);
  CHECK(eventually([&] { return d.statistics().details.at("store_full") == 1; }));
  a.get("q", 1);
  a.hear();
  CHECK(a.ack("q").n == 1);
  CHECK(a.put("q", {kilobyte}).bad.empty());
  CHECK(a.stat("q").counts.ready == 2);
}

TEST_CASE("a put with the policy block waits for room in the store") {
  context ctx;
  auto o = at("tcp://127.0.0.1:0");
  o.kept_in = make_memory_store({.max_bytes = 3000});
  named_queues d(ctx, o);
  running run(d);
  hand_client a(ctx, d.bound("frontend")), b(ctx, d.bound("frontend"));
  a.ask<declare_answer>({op::declare, 1, settings_request{"q", {.overflow = queue_overflow::block}}});
  const std::string kilobyte(1000, 'x');
  CHECK(a.put("q", {kilobyte, kilobyte}).bad.empty());
  CHECK(a.put("q", {kilobyte}).bad.at(0).code == errc::no_space);  // that is how it is found out
  a.say({op::put, 7, put_request{"q", false, {{}}}}, {kilobyte});
  CHECK(eventually([&] { return d.statistics().details.at("blocked") == 1; }));
  b.get("q", 1);
  b.hear();
  CHECK(b.ack("q").n == 1);
  const answer& late = a.hear();
  CHECK(late.id == 7);
  CHECK(std::get<put_answer>(late.body).bad.empty());
}

TEST_CASE("after the medium failed nothing is confirmed, and what was durable is still given out") {
  const auto kept = std::make_shared<failing_store>();
  context ctx;
  auto o = at("tcp://127.0.0.1:0");
  o.kept_in = kept;
  named_queues d(ctx, o);
  running run(d);
  hand_client a(ctx, d.bound("frontend"));
  CHECK(a.put("q", {"1"}).bad.empty());
  kept->broken = true;
  CHECK(a.refused({op::put, 7, put_request{"q", false, {{}}}}, {"2"}) == errc::io);
  CHECK(a.refused({op::put, 8, put_request{"q", false, {{}}}}, {"3"}) == errc::io);
  CHECK(d.statistics().details.at("store_read_only") == 1);
  a.get("q", 5);
  a.hear();
  CHECK(a.bodies() == std::vector<std::string>{"1"});
  CHECK(a.refused({op::ack, 9, a.tokens("q")}) == errc::io);
}

TEST_CASE("a device is drained: what it was asked is answered, what was leased returns") {
  const std::shared_ptr<store> kept = make_memory_store();
  context ctx;
  {
    auto o = at("tcp://127.0.0.1:0");
    o.kept_in = kept;
    named_queues d(ctx, o);
    running run(d);
    hand_client a(ctx, d.bound("frontend"));
    a.put("q", {"1", "2"});
    a.get("q", 1);
    a.hear();
    CHECK(run.finish());
  }
  auto o = at("tcp://127.0.0.1:0");
  o.kept_in = kept;
  named_queues d(ctx, o);
  running run(d);
  hand_client a(ctx, d.bound("frontend"));
  a.get("q", 5);
  a.hear();
  CHECK(a.bodies() == std::vector<std::string>{"1", "2"});
  CHECK(a.messages().messages[0].attempt == 2);
  CHECK(a.messages().messages[1].attempt == 1);
}
