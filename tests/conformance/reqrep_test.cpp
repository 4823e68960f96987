#include <atomic>
#include <latch>
#include <map>
#include <set>
#include <thread>

#include <wye/envelope.hpp>
#include <wye/reqrep.hpp>
#include <wye/router.hpp>

#include "support/marry.hpp"

namespace wye::test {

using namespace std::chrono_literals;

namespace {

result<message> echo(message m) { return m; }

// A replier that serves in a thread of its own until it goes out of scope.
class service {
 public:
  service(context& ctx, const replier_options& options, raw_replier::handler how = echo)
      : replier_(ctx, options), at_(replier_.core().bound().front().str()), how_(std::move(how)) {
    thread_ = std::jthread([this](const std::stop_token& stop) { served_ = replier_.serve(how_, stop).code(); });
  }
  // Returns how serve() ended.
  errc stop() {
    thread_.request_stop();
    thread_.join();
    return served_;
  }
  [[nodiscard]] const std::string& at() const noexcept { return at_; }
  raw_replier& replier() { return replier_; }

 private:
  raw_replier replier_;
  std::string at_;
  raw_replier::handler how_;
  errc served_ = errc::internal;
  std::jthread thread_;
};

constexpr retry_policy swift{.attempts = 5, .attempt_timeout = 50ms, .backoff = 1ms, .max_backoff = 5ms};

// Answers a request that a router received.
void answer(router& r, const routed& request, std::string_view text) {
  message m = request.body;
  m.truncate(m.size() - 1);  // the requests here have one frame of body
  m.push_back(text);
  REQUIRE(r.send(request.identity, std::move(m), patience).has_value());
}

void connect(raw_requester& r) { REQUIRE(r.core().wait_for_peers(1, patience).has_value()); }

routed take(router& r) {
  auto got = r.recv(patience);
  REQUIRE(got.has_value());
  return std::move(*got);
}

}  // namespace

TEST_CASE("a call is answered, with every frame, empty ones too") {
  context ctx;
  service s(ctx, {.bind = any_endpoint()});
  raw_requester r(ctx, {.connect = s.at()});
  for (const message& body : {message("one"), message{"one", "", "three"}, message(""), message{"", ""}}) {
    const auto got = r.call(body, patience);
    REQUIRE(got.has_value());
    CHECK((*got == body));
  }
  CHECK(r.retries() == 0);
  CHECK(s.stop() == errc::ok);
}

TEST_CASE("a requester may bind and the replier connect") {
  context ctx;
  raw_requester r(ctx, {.bind = any_endpoint()});
  raw_replier s(ctx, {.connect = r.core().bound().front()});
  std::jthread serving([&](const std::stop_token& stop) { (void)s.serve(echo, stop); });
  const auto got = r.call("hello", patience);
  REQUIRE(got.has_value());
  CHECK(got->text() == "hello");
}

TEST_CASE("a lost answer wedges nothing: the request is sent again and answered") {
  context ctx;
  router flaky(ctx, {.bind = any_endpoint()});
  raw_requester r(ctx, {.connect = flaky.bound().front(), .retry = swift});
  const std::jthread server([&](const std::stop_token& stop) {
    std::set<std::string> seen;
    while (auto got = flaky.recv(deadline::never(), stop)) {
      const std::string question(got->body[got->body.size() - 1].text());
      if (!seen.insert(question).second) answer(flaky, *got, "answer to " + question);  // the first copy is lost
    }
  });
  for (int i = 0; i < 5; ++i) {
    const std::string question = "question " + std::to_string(i);
    const auto got = r.call(question, patience);
    REQUIRE(got.has_value());
    CHECK(got->text() == "answer to " + question);
  }
  CHECK(r.retries() >= 5);  // a slow machine may send a copy more
}

TEST_CASE("a copy of a request carries the same id, so that a server can know it again") {
  context ctx;
  router server(ctx, {.bind = any_endpoint()});
  raw_requester r(ctx, {.connect = server.bound().front(), .retry = swift});
  connect(r);
  REQUIRE(r.send("question", patience).has_value());
  std::jthread waiting([&](const std::stop_token& stop) { (void)r.recv_any(patience, stop); });
  const routed first = take(server), second = take(server);
  CHECK(first.identity == second.identity);
  CHECK((first.body == second.body));
  answer(server, second, "enough");
}

TEST_CASE("late and duplicate answers are discarded and counted") {
  context ctx;
  router server(ctx, {.bind = any_endpoint()});
  raw_requester r(ctx, {.connect = server.bound().front(), .retry = {.attempts = 1}});
  connect(r);
  auto late = r.send("slow", 30ms);
  REQUIRE(late.has_value());
  const routed slow = take(server);
  CHECK(r.recv(*late).code() == errc::timeout);
  answer(server, slow, "too late");

  auto asked = r.send("quick", patience);
  REQUIRE(asked.has_value());
  const routed quick = take(server);
  answer(server, quick, "the answer");
  answer(server, quick, "the answer once more");
  const auto got = r.recv(*asked);
  REQUIRE(got.has_value());
  CHECK(got->text() == "the answer");

  auto last = r.send("last", patience);
  answer(server, take(server), "the last answer");
  CHECK(r.recv(*last).value().text() == "the last answer");
  CHECK(r.core().ledger()[drop_reason::late_reply] == 2);
}

TEST_CASE("answers to somebody else's ids, and garbage, are discarded") {
  context ctx;
  router server(ctx, {.bind = any_endpoint()});
  raw_requester r(ctx, {.connect = server.bound().front()});
  connect(r);
  auto asked = r.send("question", patience);
  REQUIRE(asked.has_value());
  const routed request = take(server);
  message forged = request.body;
  std::string id(forged[0].text());
  id.back() = static_cast<char>(id.back() ^ 1);
  forged[0] = frame::copy_of(id);
  REQUIRE(server.send(request.identity, forged, patience).has_value());
  answer(server, request, "genuine");
  CHECK(r.recv(*asked).value().text() == "genuine");
  CHECK(r.core().ledger()[drop_reason::late_reply] == 1);
}

TEST_CASE("a thousand requests in flight are answered in any order") {
  context ctx;
  const int count = 1000;
  const socket_options roomy{.send_queue = 2000, .receive_queue = 2000};
  router server(ctx, {.bind = any_endpoint(), .socket = roomy});
  raw_requester r(ctx, {.connect = server.bound().front(), .retry = {.attempts = 1}, .socket = roomy});
  connect(r);
  std::jthread serving([&] {
    std::vector<routed> taken;
    for (int i = 0; i < count; ++i) taken.push_back(take(server));
    for (auto at = taken.rbegin(); at != taken.rend(); ++at) answer(server, *at, "re: " + std::string(at->body.text()));
  });
  std::map<ticket, std::string> asked;
  for (int i = 0; i < count; ++i) {
    auto t = r.send(std::string_view(std::to_string(i)), patience);
    REQUIRE(t.has_value());
    asked[*t] = std::to_string(i);
  }
  CHECK(asked.size() == static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    auto got = r.recv_any(patience);
    REQUIRE(got.has_value());
    REQUIRE(got->answer.has_value());
    REQUIRE(got->answer->text() == "re: " + asked.at(got->which));
    asked.erase(got->which);
  }
  CHECK(r.in_flight() == 0);
  CHECK(r.recv_any(patience).code() == errc::wrong_state);
}

TEST_CASE("requests beyond max_in_flight are refused") {
  context ctx;
  raw_requester r(ctx, {.bind = any_endpoint(), .max_in_flight = 2});
  CHECK(r.send("1", patience).has_value());
  CHECK(r.send("2", patience).has_value());
  CHECK(r.send("3", patience).code() == errc::limit);
}

TEST_CASE("nobody there is no_peer; somebody who does not answer is timeout") {
  context ctx;
  raw_requester lonely(ctx, {.connect = known_endpoint()});
  CHECK(lonely.call("anybody?", 50ms).code() == errc::no_peer);
  router silent(ctx, {.bind = any_endpoint()});
  raw_requester ignored(ctx, {.connect = silent.bound().front()});
  REQUIRE(ignored.core().wait_for_peers(1, patience).has_value());
  CHECK(ignored.call("please?", 50ms).code() == errc::timeout);
}

TEST_CASE("a handler's failure and what it throws travel back as errors, and the next request is served") {
  context ctx;
  service s(ctx, {.bind = any_endpoint()}, [](message m) -> result<message> {
    if (m.text() == "fail") return failure(errc::remote, "that went wrong");
    if (m.text() == "throw") throw std::runtime_error("thrown in the handler");
    if (m.text() == "throw an int") throw 42;
    return m;
  });
  raw_requester r(ctx, {.connect = s.at()});
  const auto failed = r.call("fail", patience);
  CHECK(failed.code() == errc::remote);
  CHECK(failed.error().message() == "that went wrong");
  const auto thrown = r.call("throw", patience);
  CHECK(thrown.code() == errc::remote);
  CHECK(thrown.error().message() == "thrown in the handler");
  CHECK(r.call("throw an int", patience).code() == errc::remote);
  CHECK(r.call("fine", patience).value().text() == "fine");
}

TEST_CASE("the handler of a repeated request runs once, and every copy gets the one answer") {
  context ctx;
  int handled = 0;
  service s(ctx, {.bind = any_endpoint()},
            [&](message) -> result<message> { return message(std::string_view("run " + std::to_string(++handled))); });
  dealer d(ctx, {.connect = s.at()});
  const auto id = !on_engine("nng") ? frame::copy_of(bytes_view(envelope::encode({7, 0x80000001u})))
                                    : frame::copy_of(bytes_view(envelope::encode_serial(0x80000001u)));
  message request(id);
  request.push_back(frame());
  request.push_back("once, please");
  for (int i = 0; i < 4; ++i) {
    REQUIRE(d.send(request, patience).has_value());
    const auto got = d.recv(patience);
    REQUIRE(got.has_value());
    CHECK(got->text() == "run 1");
  }
  s.stop();
  CHECK(handled == 1);
  CHECK(s.replier().repeats() == 3);
  CHECK(s.replier().core().ledger()[drop_reason::duplicate] == 3);
}

TEST_CASE("a copy that comes while its request is being handled does not run the handler again") {
  context ctx;
  std::atomic<int> handled{0};
  std::latch copied(1);
  service s(ctx, {.bind = any_endpoint(), .workers = 2}, [&](message m) -> result<message> {
    if (m.text() == "slow") {
      ++handled;
      copied.wait();
    }
    return m;
  });
  raw_requester r(ctx, {.connect = s.at(),
                        .retry = {.attempts = 1000, .attempt_timeout = 5ms, .backoff = 1ms, .max_backoff = 1ms}});
  connect(r);
  auto slow = r.send("slow", patience);
  REQUIRE(slow.has_value());
  while (r.retries() < 3) REQUIRE(r.call("meanwhile", patience).has_value());
  copied.count_down();
  CHECK(r.recv(*slow).value().text() == "slow");
  CHECK(handled == 1);
}

TEST_CASE("with remember = 0 the handler runs for every copy") {
  context ctx;
  int handled = 0;
  service s(ctx, {.bind = any_endpoint(), .remember = 0}, [&](message m) -> result<message> {
    ++handled;
    return m;
  });
  dealer d(ctx, {.connect = s.at()});
  message request(!on_engine("nng") ? frame::copy_of(bytes_view(envelope::encode({7, 0x80000001u})))
                                    : frame::copy_of(bytes_view(envelope::encode_serial(0x80000001u))));
  request.push_back(frame());
  request.push_back("x");
  for (int i = 0; i < 3; ++i) {
    REQUIRE(d.send(request, patience).has_value());
    REQUIRE(d.recv(patience).has_value());
  }
  s.stop();
  CHECK(handled == 3);
}

TEST_CASE("a plain peer that sends no id is served, as ZeroMQ's REQ speaks") {
  if (on_engine("nng")) SKIP("on NNG every request has an id");
  context ctx;
  service s(ctx, {.bind = any_endpoint()});
  dealer plain(ctx, {.connect = s.at()});
  for (int i = 0; i < 3; ++i) {
    REQUIRE(plain.send(message{"", "hello"}, patience).has_value());
    CHECK((plain.recv(patience).value() == message{"", "hello"}));
  }
  CHECK(s.stop() == errc::ok);
  CHECK(s.replier().repeats() == 0);
}

TEST_CASE("garbage instead of a request is counted, and the next request is served") {
  context ctx;
  service s(ctx, {.bind = any_endpoint()});
  dealer rude(ctx, {.connect = s.at()});
  if (!on_engine("nng")) REQUIRE(rude.send("no envelope at all", patience).has_value());
  raw_requester r(ctx, {.connect = s.at()});
  CHECK(r.call("polite", patience).value().text() == "polite");
  if (on_engine("nng")) return;
  REQUIRE(rude.send(message{"", "with an envelope"}, patience).has_value());  // behind the garbage, on its connection
  REQUIRE(rude.recv(patience).has_value());
  CHECK(s.replier().core().ledger()[drop_reason::malformed] == 1);
}

TEST_CASE("several workers run the handler at the same time") {
  context ctx;
  std::latch all_in(3);  // opens only when three handlers run at once
  service s(ctx, {.bind = any_endpoint(), .workers = 3}, [&](message m) -> result<message> {
    all_in.arrive_and_wait();
    return m;
  });
  raw_requester r(ctx, {.connect = s.at()});
  connect(r);
  for (const char* text : {"a", "b", "c"}) REQUIRE(r.send(text, patience).has_value());
  for (int i = 0; i < 3; ++i) {
    auto got = r.recv_any(patience);
    REQUIRE(got.has_value());
    CHECK(got->answer.has_value());
  }
}

TEST_CASE("requests that were taken are answered before serve returns") {
  context ctx;
  std::latch started(1), release(1);
  service s(ctx, {.bind = any_endpoint(), .workers = 2}, [&](message m) -> result<message> {
    started.count_down();
    release.wait();
    return m;
  });
  raw_requester r(ctx, {.connect = s.at(), .retry = {.attempts = 1}});
  connect(r);
  auto asked = r.send("slow", patience);
  REQUIRE(asked.has_value());
  started.wait();
  std::jthread releasing([&] { release.count_down(); });
  CHECK(s.stop() == errc::ok);
  CHECK(r.recv(*asked).value().text() == "slow");
}

TEST_CASE("a requester survives the restart of its server on the same endpoint") {
  context ctx;
  const std::string at = known_endpoint();
  raw_requester r(ctx, {.connect = at,
                        .retry = {.attempts = 100, .attempt_timeout = 200ms, .backoff = 5ms},
                        .socket = {.reconnect_min = 10ms, .reconnect_max = 100ms}});
  for (int i = 0; i < 3; ++i) {
    service s(ctx, {.bind = at});
    const auto got = r.call(std::string_view(std::to_string(i)), patience);
    REQUIRE(got.has_value());
    CHECK(got->text() == std::to_string(i));
  }
}

TEST_CASE("a request that a dead server took goes to the next one") {
  context ctx;
  router dead(ctx, {.bind = any_endpoint()});
  raw_requester r(ctx, {.connect = dead.bound().front(), .retry = swift});
  connect(r);
  auto asked = r.send("question", patience);
  REQUIRE(asked.has_value());
  (void)take(dead);
  service alive(ctx, {.bind = any_endpoint()});
  r.core().connect(alive.at());
  REQUIRE(dead.close().has_value());
  CHECK(r.recv(*asked).value().text() == "question");
}

TEST_CASE("a too large request is refused, a too large answer becomes an error") {
  context ctx;
  service s(ctx, {.bind = any_endpoint(), .socket = {.max_message = 1000}},
            [](message) -> result<message> { return message(std::string_view(std::string(2000, 'x'))); });
  raw_requester r(ctx, {.connect = s.at(), .socket = {.max_message = 1000}});
  CHECK(r.call(std::string_view(std::string(2000, 'x')), patience).code() == errc::too_large);
  const auto got = r.call("how large?", patience);
  CHECK(got.code() == errc::remote);
  CHECK(mentions(got.error().message(), "max_message"));
}

TEST_CASE("answering somebody who has gone is no_peer, and counted") {
  context ctx;
  raw_replier s(ctx, {.bind = any_endpoint()});
  auto r = std::make_unique<raw_requester>(ctx, requester_options{.connect = s.core().bound().front()});
  connect(*r);
  REQUIRE(r->send("and away", patience).has_value());
  auto request = s.recv(patience);
  REQUIRE(request.has_value());
  r.reset();
  next(s.core(), socket_event::kind::peer_down);
  (void)s.recv(1ms);  // lets the engine notice, too
  errc code = errc::ok;
  for (const deadline until(patience); code == errc::ok && !until.passed();) {
    code = s.reply(*request, "hello?", deadline::now()).code();
    (void)s.recv(1ms);
  }
  CHECK(code == errc::no_peer);
  CHECK(s.core().ledger()[drop_reason::no_peer] == 1);
}

TEST_CASE("requests may be kept and answered in any order") {
  context ctx;
  raw_replier s(ctx, {.bind = any_endpoint()});
  raw_requester r(ctx, {.connect = s.core().bound().front()});
  connect(r);
  const auto first = r.send("first", patience), second = r.send("second", patience);
  REQUIRE(first.has_value());
  REQUIRE(second.has_value());
  const auto a = s.recv(patience), b = s.recv(patience);
  REQUIRE(b.has_value());
  REQUIRE(s.reply(*b, b->body, patience).has_value());
  CHECK(r.recv(*second).value().text() == "second");
  REQUIRE(s.fail(*a, "no", patience).has_value());
  CHECK(r.recv(*first).code() == errc::remote);
}

TEST_CASE("an unknown ticket is wrong_state") {
  context ctx;
  raw_requester r(ctx, {.bind = any_endpoint()});
  CHECK(r.recv(12345).code() == errc::wrong_state);
}

TEST_CASE("retry options out of their range are refused") {
  context ctx;
  CHECK(code_of([&] { raw_requester(ctx, {.retry = {.attempts = 0}}); }) == errc::bad_option);
  CHECK(code_of([&] { raw_requester(ctx, {.retry = {.backoff = 10ms, .max_backoff = 1ms}}); }) == errc::bad_option);
  CHECK(code_of([&] { raw_requester(ctx, {.max_in_flight = 0}); }) == errc::bad_option);
  CHECK(code_of([&] { raw_replier(ctx, {.workers = 0}); }) == errc::bad_option);
  CHECK(code_of([&] { raw_replier(ctx, {.workers = 256}); }) == errc::bad_option);
}

}  // namespace wye::test
