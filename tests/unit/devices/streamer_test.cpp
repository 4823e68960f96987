#include <wye/devices/streamer.hpp>

#include <set>

#include "running.hpp"

using namespace wye;
using namespace wye::test;

namespace {

device_options between(const way& w) { return {.frontend = w.front, .backend = w.back}; }

// Sends `count` messages numbered from `first`.
void push_numbers(pusher<>& out, int first, int count) {
  for (int i = first; i < first + count; ++i) out.send(message(std::to_string(i)), patience).value();
}

std::set<int> pull_numbers(puller<>& in, std::size_t count) {
  std::set<int> got;
  while (got.size() < count) got.insert(std::stoi(std::string(in.recv(patience).value().text())));
  return got;
}

}  // namespace

TEST_CASE("a streamer passes every message once, frames as they are, on every way") {
  for (const way& w : all_ways) {
    CAPTURE(w.front);
    CAPTURE(w.back);
    context ctx;
    streamer d(ctx, {.common = between(w)});
    running run(d);
    pusher<> out(ctx, {.connect = d.bound("frontend")});
    puller<> in(ctx, {.connect = d.bound("backend")});
    push_numbers(out, 0, 2000);
    CHECK(pull_numbers(in, 2000).size() == 2000);
    const message frames{"a", "", "c"};
    out.send(frames, patience).value();
    CHECK(in.recv(patience).value() == frames);
    CHECK(run.finish());
    const auto s = d.statistics();
    CHECK(s.state == device_state::stopped);
    CHECK(s.forward.passed == 2001);
    CHECK(s.forward.dropped_total() == 0);
    CHECK(s.in_flight == 0);
    CHECK(side_of(s, "frontend").ledger.received == 2001);
    CHECK(side_of(s, "backend").ledger.sent == 2001);
  }
}

TEST_CASE("a side takes from several endpoints of both engines, and gives to all of them") {
  context ctx;
  streamer d(ctx, {.common = {.frontend = {"tcp://127.0.0.1:0", "nng+tcp://127.0.0.1:0", "inproc://f"},
                              .backend = {"tcp://127.0.0.1:0", "nng+tcp://127.0.0.1:0"}}});
  running run(d);
  CHECK(d.bound().size() == 2);
  std::vector<endpoint> fronts{d.bound("frontend", 0), d.bound("frontend", 1), d.bound("frontend", 2)};
  puller<> zmq_in(ctx, {.connect = d.bound("backend", 0)});
  puller<> nng_in(ctx, {.connect = d.bound("backend", 1)});
  zmq_in.wait_for_peers(1, patience).value();
  nng_in.wait_for_peers(1, patience).value();
  std::vector<std::unique_ptr<pusher<>>> outs;
  for (const auto& front : fronts) outs.push_back(std::make_unique<pusher<>>(ctx, pattern_options{.connect = front}));
  for (int i = 0; i < 300; ++i)
    outs[static_cast<std::size_t>(i) % 3]->send(message(std::to_string(i)), patience).value();
  std::set<int> got;
  bool from_zmq = false, from_nng = false;
  const deadline until = patience;
  while (got.size() < 300 && !until.passed()) {
    if (auto m = zmq_in.recv(1ms)) from_zmq = true, got.insert(std::stoi(std::string(m->text())));
    if (auto m = nng_in.recv(1ms)) from_nng = true, got.insert(std::stoi(std::string(m->text())));
  }
  CHECK(got.size() == 300);
  CHECK(from_zmq);
  CHECK(from_nng);
}

TEST_CASE("a streamer that nobody pulls from holds one message and reads no more") {
  for (const way& w : {zmq_tcp, nng_tcp}) {
    context ctx;
    streamer d(ctx, {.common = between(w)});
    running run(d);
    pusher<> out(ctx, {.connect = d.bound("frontend")});
    push_numbers(out, 0, 100);
    CHECK(eventually([&] { return d.statistics().in_flight == 1; }));
    CHECK(side_of(d.statistics(), "frontend").ledger.received == 1);
    puller<> in(ctx, {.connect = d.bound("backend")});
    CHECK(pull_numbers(in, 100).size() == 100);
  }
}

TEST_CASE("a paused streamer takes nothing until it is resumed") {
  context ctx;
  streamer d(ctx, {.common = between(zmq_tcp)});
  d.pause();
  running run(d);
  pusher<> out(ctx, {.connect = d.bound("frontend")});
  puller<> in(ctx, {.connect = d.bound("backend")});
  CHECK(eventually([&] { return d.statistics().state == device_state::paused; }));
  in.wait_for_peers(1, patience).value();
  push_numbers(out, 0, 10);
  CHECK(in.recv(50ms).code() == errc::timeout);
  CHECK(side_of(d.statistics(), "frontend").ledger.received == 0);
  d.resume();
  CHECK(pull_numbers(in, 10).size() == 10);
  CHECK(d.statistics().state == device_state::running);
}

TEST_CASE("a drain delivers what the pushers had sent, also when they have ended") {
  for (const way& w : {zmq_tcp, nng_tcp, zmq_to_nng, nng_to_zmq}) {
    CAPTURE(w.front);
    CAPTURE(w.back);
    context ctx;
    streamer d(ctx, {.common = between(w)});
    d.pause();
    running run(d);
    {
      pusher<> out(ctx, {.connect = d.bound("frontend")});
      push_numbers(out, 0, 3000);
      puller<> in(ctx, {.connect = d.bound("backend")});
      std::thread reading([&] { CHECK(pull_numbers(in, 3000).size() == 3000); });
      d.drain(patience);
      out.close(patience).value();
      reading.join();
    }
    CHECK(run.finish());
    CHECK(d.statistics().forward.passed == 3000);
  }
}

TEST_CASE("what can't be delivered by the drain's deadline is counted as stopped, and run says so") {
  context ctx;
  streamer d(ctx, {.common = {.frontend = "tcp://127.0.0.1:0", .backend = "tcp://127.0.0.1:0", .drain_timeout = 50ms}});
  running run(d);
  pusher<> out(ctx, {.connect = d.bound("frontend")});
  push_numbers(out, 0, 10);
  CHECK(eventually([&] { return d.statistics().in_flight == 1; }));
  const auto outcome = run.finish();
  CHECK(outcome.code() == errc::timeout);
  CHECK(d.statistics().forward[drop_reason::stopped] == 1);
  CHECK(d.statistics().in_flight == 0);
}

TEST_CASE("a device runs once") {
  context ctx;
  streamer d(ctx, {.common = between(zmq_inproc)});
  d.stop();
  CHECK(d.run());
  CHECK(d.run().code() == errc::wrong_state);
}

TEST_CASE("the capture tap gets a copy of all that passes") {
  for (const char* tap : {"tcp://127.0.0.1:0", "nng+tcp://127.0.0.1:0"}) {
    context ctx;
    streamer d(ctx, {.common = {.frontend = "tcp://127.0.0.1:0", .backend = "nng+tcp://127.0.0.1:0", .capture = tap}});
    subscriber<> listener(ctx, {.connect = d.bound("capture"), .topics = {""}});
    running run(d);
    CHECK(eventually([&] { return side_of(d.statistics(), "capture").peers == 1; }));
    pusher<> out(ctx, {.connect = d.bound("frontend")});
    puller<> in(ctx, {.connect = d.bound("backend")});
    // A listener may miss what passes before its subscription has come through: so until the first one is seen.
    int sent = 0;
    result<message> seen = errc::timeout;
    for (const deadline until = patience; !seen && !until.passed(); ++sent) {
      out.send(message{"frame", std::to_string(sent)}, patience).value();
      in.recv(patience).value();
      seen = listener.core().recv(10ms);
    }
    REQUIRE(seen);
    CHECK((*seen)[0] == "frame");
    const message last{"frame", "last"};
    out.send(last, patience).value();
    CHECK(in.recv(patience).value() == last);
    while (!(*seen == last)) seen = listener.core().recv(patience).value();
    CHECK(*seen == last);
  }
}

TEST_CASE("bad endpoints and missing sides are refused with a sentence") {
  context ctx;
  CHECK_THROWS_WITH_AS(streamer(ctx, {.common = {.backend = "inproc://b"}}), doctest::Contains("frontend"), error);
  CHECK_THROWS_WITH_AS(streamer(ctx, {.common = {.frontend = "inproc://a"}}), doctest::Contains("backend"), error);
  CHECK_THROWS_WITH_AS(streamer(ctx, {.common = {.frontend = "tpc://a", .backend = "inproc://b"}}),
                       doctest::Contains("tpc"), error);
  streamer d(ctx, {.common = between(zmq_inproc)});
  CHECK_THROWS_AS((void)d.bound("backend", 1), error);
}
