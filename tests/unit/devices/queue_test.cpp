#include <wye/devices/queue.hpp>

#include <map>
#include <set>

#include <wye/envelope.hpp>

#include "running.hpp"

using namespace wye;
using namespace wye::test;

namespace {

// Long heartbeats: a worker that is played by hand sends none, and one that a busy machine holds up is not given up.
queue_options quiet(const way& w = zmq_tcp) {
  return {
      .common = {.frontend = w.front, .backend = w.back, .drain_timeout = patience}, .heartbeat = 1h, .misses = 1000};
}

// It never repeats a request: what is counted does not depend on how long an answer takes.
requester_options asking_once(const device& d) { return {.connect = d.bound("frontend"), .retry = {.attempts = 1}}; }

// A registered worker, played by hand: a router on ZeroMQ, a dealer on NNG.
class hand_worker {
 public:
  hand_worker(context& ctx, const endpoint& to, std::uint8_t capacity = 1)
      : socket_(ctx, to.engine == "nng" ? role::dealer : role::router, {}, to) {
    greeting_ = socket_.recv(patience).value();  // [device][""], on NNG [""]
    CHECK(greeting_.size() == (to.engine == "nng" ? 1 : 2));
    CHECK(greeting_.back().empty());
    say(envelope::control::ready, capacity);
  }
  void say(envelope::control what, std::uint8_t capacity = 1) {
    message m = greeting_;
    m.push_back(envelope::make_control(what, capacity).pop_front());
    socket_.send(m, patience).value();
  }
  void say_nonsense() {
    message m = greeting_;
    m.truncate(m.size() - 1);
    m.push_back("no envelope");
    socket_.send(m, patience).value();
  }
  // The next message that is not a heartbeat.
  result<message> next(deadline until = patience) {
    for (;;) {
      auto m = socket_.recv(until);
      if (!m) return m;
      const bool control = m->size() == greeting_.size() + 1 && envelope::control_in(message(m->back()));
      if (!control) return m;
    }
  }
  void answer(message request, std::string_view text) {
    request.truncate(request.size() - 1);
    request.push_back(text);
    socket_.send(request, patience).value();
  }
  bool is_greeting(const message& m) const { return m == greeting_; }
  socket& core() { return socket_; }

 private:
  socket socket_;
  message greeting_;
};

bool has_workers(const device& d, std::uint64_t n) {
  return eventually([&] { return d.statistics().details.at("workers") == n; });
}

// Unlike how many there are, this stays as it is until we have looked.
bool has_lost(const device& d, std::uint64_t n) {
  return eventually([&] { return d.statistics().details.at("workers_lost") == n; });
}

}  // namespace

TEST_CASE("repliers register by themselves, and each request is answered once") {
  for (const way& w : all_ways) {
    CAPTURE(w.front);
    CAPTURE(w.back);
    context ctx;
    queue d(ctx, quiet(w));
    running run(d);
    std::vector<std::jthread> workers;
    std::array<std::atomic<int>, 3> handled{};
    for (auto& count : handled)
      workers.emplace_back([&](const std::stop_token& stop) {
        replier<> r(ctx, {.connect = d.bound("backend"), .socket = {.linger = patience}});
        (void)r.serve([&count](message m) { return ++count, m; }, stop);
      });
    CHECK(has_workers(d, 3));
    requester<> client(ctx, asking_once(d));
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
  CHECK(eventually([&] {  // a snapshot may be of a turn's midst
    const auto now = d.statistics().details;
    return now.at("waiting") == 2 && now.at("outstanding") == 2;
  }));
  CHECK(worker.next(0ms).code() == errc::timeout);
  worker.answer(second, "answer");
  CHECK(client.recv(patience).value() == message{"2", "", "answer"});
  CHECK(worker.next().value().text() == "3");
}

TEST_CASE("a worker that says goodbye answers what it has, and gets no more") {
  for (const way& w : {zmq_tcp, nng_tcp, nng_inproc, zmq_to_nng, nng_to_zmq}) {
    CAPTURE(w.front);
    CAPTURE(w.back);
    context ctx;
    queue d(ctx, quiet(w));
    running run(d);
    hand_worker leaving(ctx, d.bound("backend"), 5);
    CHECK(has_workers(d, 1));
    dealer client(ctx, {.connect = d.bound("frontend")});
    client.send(message{"1", "", "1"}, patience).value();
    const message last = leaving.next().value();
    leaving.say(envelope::control::goodbye);
    leaving.say_nonsense();
    CHECK(eventually([&] { return d.statistics().backward[drop_reason::malformed] == 1; }));  // so it was heard
    hand_worker other(ctx, d.bound("backend"), 5);
    CHECK(has_workers(d, 2));
    for (const char* body : {"2", "3"}) client.send(message{body, "", body}, patience).value();
    for (const char* body : {"2", "3"}) CHECK(other.next().value().text() == body);
    leaving.answer(last, "answer");
    CHECK(client.recv(patience).value() == message{"1", "", "answer"});
    CHECK(has_workers(d, 1));
    CHECK(leaving.next(0ms).code() == errc::timeout);
    CHECK(d.statistics().details.at("workers_lost") == 0);
  }
}

TEST_CASE("requests of a worker that vanishes go to another, in order") {
  for (const way& w : {zmq_tcp, nng_tcp, nng_inproc, zmq_to_nng, nng_to_zmq}) {
    CAPTURE(w.front);
    CAPTURE(w.back);
    context ctx;
    queue d(ctx, quiet(w));
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
}

TEST_CASE("a worker that falls silent is given up, and its late answer dropped as duplicate") {
  for (const way& w : {zmq_tcp, nng_tcp, nng_inproc, zmq_to_nng, nng_to_zmq}) {
    CAPTURE(w.front);
    CAPTURE(w.back);
    context ctx;
    queue_options o = quiet(w);
    o.heartbeat = 20ms, o.misses = 3;
    queue d(ctx, o);
    running run(d);
    dealer client(ctx, {.connect = d.bound("frontend")});
    client.send(message{"id", "", "question"}, patience).value();
    CHECK(eventually([&] { return d.statistics().details.at("waiting") == 1; }));
    hand_worker silent(ctx, d.bound("backend"));
    const message taken = silent.next().value();
    CHECK(has_lost(d, 1));
    replier<> good(ctx, {.connect = d.bound("backend")});
    const auto again = good.raw().recv(patience).value();
    CHECK(again.body == "question");
    good.raw().reply(again, message("good answer")).value();
    CHECK(client.recv(patience).value() == message{"id", "", "good answer"});
    silent.answer(taken, "late answer");
    CHECK(eventually([&] { return d.statistics().backward[drop_reason::duplicate] == 1; }));
    CHECK(client.recv(0ms).code() == errc::timeout);
  }
}

TEST_CASE("a worker given up too early is greeted and registers again") {
  for (const way& w : {zmq_tcp, nng_tcp, nng_inproc, zmq_to_nng, nng_to_zmq}) {
    CAPTURE(w.front);
    CAPTURE(w.back);
    context ctx;
    queue_options o = quiet(w);
    o.heartbeat = 20ms, o.misses = 3;
    queue d(ctx, o);
    running run(d);
    hand_worker worker(ctx, d.bound("backend"));
    CHECK(has_lost(d, 1));
    worker.say(envelope::control::heartbeat);
    CHECK(worker.is_greeting(worker.next().value()));
    worker.say(envelope::control::ready);
    CHECK(has_lost(d, 2));  // so it was there again
  }
}

TEST_CASE("a request whose workers vanish again and again ends with an error") {
  for (const way& w : {zmq_tcp, nng_tcp, nng_inproc, zmq_to_nng, nng_to_zmq}) {
    CAPTURE(w.front);
    CAPTURE(w.back);
    context ctx;
    queue_options o = quiet(w);
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
}

TEST_CASE("a request that nobody answers in time ends with an error and is counted as expired") {
  context ctx;
  queue_options o = quiet();
  o.request_expiry = 30ms;
  queue d(ctx, o);
  running run(d);
  requester<> client(ctx, asking_once(d));
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

TEST_CASE("peers that do not register are served through backend_plain, on every way") {
  for (const way& w : all_ways) {
    CAPTURE(w.front);
    CAPTURE(w.back);
    context ctx;
    queue d(ctx, {.common = {.frontend = w.front, .drain_timeout = patience}, .backend_plain = w.back});
    running run(d);
    std::jthread worker([&](const std::stop_token& stop) {
      router plain(ctx, {.connect = d.bound("backend_plain")});
      while (auto m = plain.core().recv(patience, stop)) CHECK(plain.core().send(*m, patience));
    });
    requester<> client(ctx, asking_once(d));
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

namespace {

// A queue whose client asked `count` questions, all answered, and has read nothing. The router holds `send_queue` of
// them and the client one; the device holds as many as `send_queue` again.
struct unread_answers {
  unread_answers(const way& w, std::size_t send_queue, std::size_t count)
      : d(ctx, with_send_queue(w, send_queue)),
        run(d),
        worker(ctx, d.bound("backend"), 255),
        client(std::make_unique<dealer>(
            ctx, pattern_options{.connect = d.bound("frontend"), .socket = {.receive_queue = 1}})) {
    for (std::size_t i = 0; i < count; ++i) client->send(message{"id", "", std::to_string(i)}, patience).value();
    for (std::size_t i = 0; i < count; ++i) {
      worker.answer(worker.next().value(), std::to_string(i));
      if (i <= send_queue) CHECK(eventually([&] { return d.statistics().backward.passed > i; }));
    }
    CHECK(eventually([&] {
      const auto s = d.statistics();
      return s.forward.passed == count && s.details.at("outstanding") == 0 &&
             s.backward.passed + s.backward.dropped_total() + s.in_flight == count;
    }));
  }
  static queue_options with_send_queue(const way& w, std::size_t send_queue) {
    queue_options o = quiet(w);
    o.common.frontend_socket.send_queue = send_queue;
    return o;
  }
  std::uint64_t dropped() const { return d.statistics().backward[drop_reason::queue_full]; }

  context ctx;
  queue d;
  running run;
  hand_worker worker;
  std::unique_ptr<dealer> client;
};

const way nng_front{"nng+inproc://front", "inproc://back"};

}  // namespace

TEST_CASE("answers that an engine has no room for wait for their client, in order") {
  unread_answers all(nng_front, 150, 200);
  CHECK(all.d.statistics().in_flight > 0);
  for (int i = 0; i < 200; ++i) CHECK(all.client->recv(patience).value().text() == std::to_string(i));
  CHECK(all.run.finish());
  CHECK(all.dropped() == 0);
  CHECK(all.d.statistics().backward.passed == 200);
  CHECK(all.d.statistics().in_flight == 0);
}

TEST_CASE("more answers than a client's send queue are dropped and counted") {
  unread_answers all(nng_front, 10, 200);
  CHECK(all.d.statistics().in_flight == 10);
  CHECK(all.dropped() > 0);
}

TEST_CASE("answers that wait for a client that goes are delivered or counted as no_peer") {
  unread_answers all(nng_front, 150, 200);
  all.client.reset();
  CHECK(eventually([&] { return all.d.statistics().in_flight == 0; }));
  const auto s = all.d.statistics();
  CHECK(s.backward.passed + s.backward[drop_reason::no_peer] == 200);
}

TEST_CASE("answers that still wait at a stop are counted as stopped") {
  unread_answers all(nng_front, 150, 200);
  all.d.stop();
  CHECK(all.run.finish().code() == errc::timeout);
  const auto s = all.d.statistics();
  CHECK(s.backward[drop_reason::stopped] > 0);
  CHECK(s.backward.passed + s.backward[drop_reason::stopped] == 200);
  CHECK(s.in_flight == 0);
}

TEST_CASE("options out of range and a queue without workers' endpoint are refused") {
  context ctx;
  CHECK_THROWS_WITH_AS(queue(ctx, {.common = {.frontend = "inproc://f"}}), doctest::Contains("backend"), error);
  CHECK_THROWS_WITH_AS(queue(ctx, {.common = {.frontend = "inproc://f", .backend = "inproc://b"}, .misses = 0}),
                       doctest::Contains("misses"), error);
}
