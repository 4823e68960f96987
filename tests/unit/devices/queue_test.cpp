#include <wye/devices/queue.hpp>

#include <map>
#include <set>

#include <wye/envelope.hpp>

#include "running.hpp"

using namespace wye;
using namespace wye::test;

namespace {

// Long heartbeats: a worker that is played by hand sends none.
queue_options quiet(const way& w = zmq_tcp) {
  return {.common = {.frontend = w.front, .backend = w.back}, .heartbeat = 1h, .misses = 1000};
}

// A registered worker, played by hand.
class hand_worker {
 public:
  hand_worker(context& ctx, const endpoint& to, std::uint8_t capacity = 1) : socket_(ctx, role::router, {}, to) {
    device_ = socket_.recv(patience).value();  // [device][""], the greeting
    CHECK(device_.size() == 2);
    say(envelope::control::ready, capacity);
  }
  void say(envelope::control what, std::uint8_t capacity = 1) {
    message m = device_;
    m.push_back(envelope::make_control(what, capacity).pop_front());
    socket_.send(m, patience).value();
  }
  // The next message that is not a heartbeat.
  result<message> next(deadline until = patience) {
    for (;;) {
      auto m = socket_.recv(until);
      if (!m) return m;
      const bool control = m->size() == 3 && (*m)[1].empty() && envelope::control_in(message((*m)[2]));
      if (!control) return m;
    }
  }
  void answer(message request, std::string_view text) {
    request.truncate(request.size() - 1);
    request.push_back(text);
    socket_.send(request, patience).value();
  }
  socket& core() { return socket_; }

 private:
  socket socket_;
  message device_;
};

bool has_workers(const device& d, std::uint64_t n) {
  return eventually([&] { return d.statistics().details.at("workers") == n; });
}

}  // namespace

TEST_CASE("repliers register by themselves, and each request is answered once") {
  for (const way& w : {zmq_tcp, zmq_inproc, nng_to_zmq}) {
    CAPTURE(w.front);
    context ctx;
    queue d(ctx, {.common = {.frontend = w.front, .backend = w.back}});
    running run(d);
    std::vector<std::jthread> workers;
    std::array<std::atomic<int>, 3> handled{};
    for (auto& count : handled)
      workers.emplace_back([&](const std::stop_token& stop) {
        replier<> r(ctx, {.connect = d.bound("backend")});
        (void)r.serve([&count](message m) { return ++count, m; }, stop);
      });
    CHECK(has_workers(d, 3));
    requester<> client(ctx, {.connect = d.bound("frontend")});
    std::map<ticket, std::string> asked;
    for (int i = 0; i < 300; ++i) asked[client.send(message(std::to_string(i)), patience).value()] = std::to_string(i);
    for (const auto& [t, text] : asked) CHECK(client.recv(t).value() == message(text));
    CHECK(handled[0] + handled[1] + handled[2] == 300);
    for (const auto& count : handled) CHECK(count > 0);
    for (auto& worker : workers) worker.request_stop();
    workers.clear();
    CHECK(has_workers(d, 0));  // they said goodbye
    CHECK(d.statistics().details.at("workers_lost") == 0);
    CHECK(run.finish());
    const auto s = d.statistics();
    CHECK(s.forward.passed == 300);
    CHECK(s.backward.passed == 300);
    CHECK(s.in_flight == 0);
  }
}

TEST_CASE("a worker never has more than its capacity, and the rest waits in order") {
  context ctx;
  queue d(ctx, quiet());
  running run(d);
  hand_worker worker(ctx, d.bound("backend"), 2);
  CHECK(has_workers(d, 1));
  dealer client(ctx, {.connect = d.bound("frontend")});
  for (const char* body : {"1", "2", "3", "4"}) client.send(message{body, "", body}, patience).value();
  const message first = worker.next().value(), second = worker.next().value();
  CHECK(first.text() == "1");
  CHECK(second.text() == "2");
  CHECK(eventually([&] { return d.statistics().details.at("waiting") == 2; }));
  CHECK(d.statistics().details.at("outstanding") == 2);
  CHECK(worker.next(0ms).code() == errc::timeout);
  worker.answer(second, "answer");
  CHECK(client.recv(patience).value() == message{"2", "", "answer"});
  CHECK(worker.next().value().text() == "3");
}

TEST_CASE("requests of a worker that vanishes go to another, in order") {
  context ctx;
  queue d(ctx, quiet());
  running run(d);
  auto dying = std::make_unique<hand_worker>(ctx, d.bound("backend"), 5);
  CHECK(has_workers(d, 1));
  dealer client(ctx, {.connect = d.bound("frontend")});
  for (const char* body : {"1", "2", "3"}) client.send(message{body, "", body}, patience).value();
  CHECK(eventually([&] { return d.statistics().details.at("outstanding") == 3; }));
  hand_worker other(ctx, d.bound("backend"), 5);
  CHECK(has_workers(d, 2));
  dying.reset();
  for (const char* body : {"1", "2", "3"}) {
    const message m = other.next().value();
    CHECK(m.text() == body);
    other.answer(m, "answer");
    CHECK(client.recv(patience).value() == message{body, "", "answer"});
  }
  CHECK(d.statistics().details.at("redispatched") == 3);
  CHECK(d.statistics().details.at("workers_lost") == 1);
}

TEST_CASE("a worker that falls silent is given up, and its late answer dropped as duplicate") {
  context ctx;
  queue_options o = quiet();
  o.heartbeat = 20ms, o.misses = 3;
  queue d(ctx, o);
  running run(d);
  hand_worker silent(ctx, d.bound("backend"));
  CHECK(has_workers(d, 1));
  dealer client(ctx, {.connect = d.bound("frontend")});
  client.send(message{"id", "", "question"}, patience).value();
  const message taken = silent.next().value();
  CHECK(has_workers(d, 0));
  replier<> good(ctx, {.connect = d.bound("backend")});
  const auto again = good.raw().recv(patience).value();
  CHECK(again.body == "question");
  good.raw().reply(again, message("good answer")).value();
  CHECK(client.recv(patience).value() == message{"id", "", "good answer"});
  silent.answer(taken, "late answer");
  CHECK(eventually([&] { return d.statistics().backward[drop_reason::duplicate] == 1; }));
  CHECK(client.recv(0ms).code() == errc::timeout);
}

TEST_CASE("a worker given up too early is greeted and registers again") {
  context ctx;
  queue_options o = quiet();
  o.heartbeat = 20ms, o.misses = 3;
  queue d(ctx, o);
  running run(d);
  hand_worker worker(ctx, d.bound("backend"));
  CHECK(has_workers(d, 1));
  CHECK(has_workers(d, 0));
  worker.say(envelope::control::heartbeat);
  const message greeting = worker.next().value();
  CHECK(greeting.size() == 2);
  CHECK(greeting[1].empty());
}

TEST_CASE("a request whose workers vanish again and again ends with an error") {
  context ctx;
  queue_options o = quiet();
  o.max_redispatch = 1;
  queue d(ctx, o);
  running run(d);
  dealer client(ctx, {.connect = d.bound("frontend")});
  client.send(message{"id", "", "poison"}, patience).value();
  for (int i = 0; i < 2; ++i) {
    hand_worker victim(ctx, d.bound("backend"));
    CHECK(victim.next().value().text() == "poison");
  }
  message got = client.recv(patience).value();
  message before;
  CHECK(envelope::split(got, before, 8));
  CHECK(envelope::error_in(got).has_value());
  CHECK(d.statistics().forward[drop_reason::peer_lost] == 1);
}

TEST_CASE("a request that nobody answers in time ends with an error and is counted as expired") {
  context ctx;
  queue_options o = quiet();
  o.request_expiry = 30ms;
  queue d(ctx, o);
  running run(d);
  requester<> client(ctx, {.connect = d.bound("frontend")});
  const auto got = client.call(message("question"), patience);
  CHECK(got.code() == errc::remote);
  CHECK(d.statistics().forward[drop_reason::expired] == 1);
  CHECK(eventually([&] { return d.statistics().in_flight == 0; }));
}

TEST_CASE("a full queue answers with an error at once") {
  context ctx;
  queue_options o = quiet();
  o.max_waiting = 2;
  queue d(ctx, o);
  running run(d);
  dealer client(ctx, {.connect = d.bound("frontend")});
  for (const char* body : {"1", "2", "3"}) client.send(message{body, "", body}, patience).value();
  const message got = client.recv(patience).value();
  CHECK(got[0] == "3");
  CHECK(envelope::error_in(message{got[2].text(), got[3].text()}).has_value());
  CHECK(d.statistics().forward[drop_reason::queue_full] == 1);
}

TEST_CASE("a second copy of a request in hand is dropped, one without a request id is not") {
  context ctx;
  queue d(ctx, quiet());
  running run(d);
  dealer client(ctx, {.connect = d.bound("frontend")});
  const auto id = envelope::encode({.requester = 1, .serial = 0x80000001});
  for (int i = 0; i < 2; ++i) client.send(message{as_text(id), "", "with id"}, patience).value();
  for (int i = 0; i < 2; ++i) client.send(message{"", "plain"}, patience).value();
  CHECK(eventually([&] { return d.statistics().details.at("waiting") == 3; }));
  CHECK(d.statistics().forward[drop_reason::duplicate] == 1);
}

TEST_CASE("plain REP peers and NNG repliers are served through backend_plain") {
  for (const way& w : all_ways) {
    CAPTURE(w.front);
    CAPTURE(w.back);
    context ctx;
    queue d(ctx, {.common = {.frontend = w.front}, .backend_plain = w.back});
    running run(d);
    std::jthread worker([&](const std::stop_token& stop) {
      router plain(ctx, {.connect = d.bound("backend_plain")});
      while (auto m = plain.core().recv(patience, stop)) plain.core().send(*m, patience).value();
    });
    requester<> client(ctx, {.connect = d.bound("frontend")});
    for (int i = 0; i < 100; ++i)
      CHECK(client.call(message(std::to_string(i)), patience).value() == message(std::to_string(i)));
    CHECK(run.finish());
    CHECK(d.statistics().forward.passed == 100);
    CHECK(d.statistics().backward.passed == 100);
  }
}

TEST_CASE("free dealer traffic flows through backend_plain, many answers for one message") {
  context ctx;
  queue d(ctx, {.common = {.frontend = "tcp://127.0.0.1:0"}, .backend_plain = "tcp://127.0.0.1:0"});
  running run(d);
  router server(ctx, {.connect = d.bound("backend_plain")});
  dealer client(ctx, {.connect = d.bound("frontend")});
  client.send(message{"free", "message"}, patience).value();
  message got = server.core().recv(patience).value();
  CHECK(got.text() == "message");
  for (int i = 0; i < 3; ++i) server.core().send(message(got), patience).value();
  for (int i = 0; i < 3; ++i) CHECK(client.recv(patience).value() == message{"free", "message"});
}

TEST_CASE("free messages have no place among registered workers") {
  context ctx;
  queue d(ctx, quiet());
  running run(d);
  dealer client(ctx, {.connect = d.bound("frontend")});
  client.send(message{"free", "message"}, patience).value();
  CHECK(eventually([&] { return d.statistics().forward[drop_reason::malformed] == 1; }));
}

TEST_CASE("nonsense from workers is counted and harms nobody") {
  context ctx;
  queue d(ctx, quiet());
  running run(d);
  hand_worker worker(ctx, d.bound("backend"));
  CHECK(has_workers(d, 1));
  dealer client(ctx, {.connect = d.bound("frontend")});
  client.send(message{"id", "", "question"}, patience).value();
  const message taken = worker.next().value();
  const std::string device(taken[0].text());
  worker.core().send(message{device, "no envelope"}, patience).value();
  worker.core().send(message{device, "", "neither control", "nor answer"}, patience).value();
  worker.core().send(message{device, "never", "asked", "", "answer"}, patience).value();
  CHECK(eventually([&] { return d.statistics().backward[drop_reason::malformed] == 2; }));
  CHECK(eventually([&] { return d.statistics().backward[drop_reason::duplicate] == 1; }));
  worker.answer(taken, "answer");
  CHECK(client.recv(patience).value() == message{"id", "", "answer"});
}

TEST_CASE("a draining queue answers what it took and takes nothing new") {
  context ctx;
  queue d(ctx, quiet());
  running run(d);
  hand_worker worker(ctx, d.bound("backend"));
  CHECK(has_workers(d, 1));
  dealer client(ctx, {.connect = d.bound("frontend")});
  for (const char* body : {"1", "2"}) client.send(message{body, "", body}, patience).value();
  const message first = worker.next().value();
  CHECK(eventually([&] { return d.statistics().details.at("waiting") == 1; }));
  d.drain(patience);
  CHECK(eventually([&] { return d.statistics().state == device_state::draining; }));
  client.send(message{"3", "", "too late"}, patience).value();
  worker.answer(first, "answer");
  worker.answer(worker.next().value(), "answer");
  for (const char* id : {"1", "2"}) CHECK(client.recv(patience).value() == message{id, "", "answer"});
  CHECK(run.finish());
  CHECK(d.statistics().forward.passed == 2);
  CHECK(side_of(d.statistics(), "frontend").ledger.received == 2);
}

TEST_CASE("a stopped queue counts what it could not answer") {
  context ctx;
  queue d(ctx, quiet());
  running run(d);
  dealer client(ctx, {.connect = d.bound("frontend")});
  for (const char* body : {"1", "2"}) client.send(message{body, "", body}, patience).value();
  CHECK(eventually([&] { return d.statistics().details.at("waiting") == 2; }));
  d.stop();
  CHECK(run.finish().code() == errc::timeout);
  CHECK(d.statistics().forward[drop_reason::stopped] == 2);
  CHECK(d.statistics().in_flight == 0);
}

TEST_CASE("options out of range and a queue without workers' endpoint are refused") {
  context ctx;
  CHECK_THROWS_WITH_AS(queue(ctx, {.common = {.frontend = "inproc://f"}}), doctest::Contains("backend"), error);
  CHECK_THROWS_WITH_AS(queue(ctx, {.common = {.frontend = "inproc://f", .backend = "inproc://b"}, .misses = 0}),
                       doctest::Contains("misses"), error);
}
