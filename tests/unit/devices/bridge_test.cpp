#include <wye/devices/bridge.hpp>

#include <wye/envelope.hpp>

#include "running.hpp"

using namespace wye;
using namespace wye::test;

namespace {

bridge_options of(bridge_pattern pattern, const way& w) {
  return {.pattern = pattern, .common = {.frontend = w.front, .backend = w.back}};
}

// A replier in a thread of its own that answers with what it got and a mark.
class echo {
 public:
  echo(context& ctx, const endpoint& to)
      : replier_(ctx, {.connect = to}), thread_([this](const std::stop_token& stop) { serve(stop); }) {}
  int handled() const { return handled_; }

 private:
  void serve(const std::stop_token& stop) {
    (void)replier_.serve(
        [this](message m) {
          ++handled_;
          m.push_back("answered");
          return m;
        },
        stop);
  }
  std::atomic<int> handled_{0};
  replier<> replier_;
  std::jthread thread_;
};

}  // namespace

TEST_CASE("a bridge passes requests and answers, frames as they are, on every way") {
  for (const way& w : all_ways) {
    CAPTURE(w.front);
    CAPTURE(w.back);
    context ctx;
    bridge d(ctx, of(bridge_pattern::reqrep, w));
    running run(d);
    echo server(ctx, d.bound("backend"));
    requester<> client(ctx, {.connect = d.bound("frontend")});
    for (int i = 0; i < 100; ++i) {
      const auto text = std::to_string(i);
      const auto got = client.call(message{"question", "", text}, patience);
      REQUIRE(got);
      CHECK(*got == message{"question", "", text, "answered"});
    }
    CHECK(run.finish());
    CHECK(d.statistics().backward.passed == 100);
    CHECK(server.handled() == 100);
  }
}

TEST_CASE("requests from both engines go to both engines through one bridge") {
  context ctx;
  bridge d(ctx, {.pattern = bridge_pattern::reqrep,
                 .common = {.frontend = {"tcp://127.0.0.1:0", "nng+tcp://127.0.0.1:0"},
                            .backend = {"tcp://127.0.0.1:0", "nng+tcp://127.0.0.1:0"}}});
  running run(d);
  echo zmq(ctx, d.bound("backend", 0)), nng(ctx, d.bound("backend", 1));
  CHECK(eventually([&] { return side_of(d.statistics(), "backend").peers == 2; }));
  requester<> a(ctx, {.connect = d.bound("frontend", 0)}), b(ctx, {.connect = d.bound("frontend", 1)});
  for (int i = 0; i < 50; ++i) {
    CHECK(a.call(message("a"), patience).value() == message{"a", "answered"});
    CHECK(b.call(message("b"), patience).value() == message{"b", "answered"});
  }
  CHECK(zmq.handled() > 0);
  CHECK(nng.handled() > 0);
}

TEST_CASE("a repeated request is recognised behind the bridge") {
  for (const way& w : {zmq_inproc, zmq_tcp, nng_inproc, nng_tcp, zmq_to_nng}) {
    CAPTURE(w.front);
    CAPTURE(w.back);
    context ctx;
    bridge d(ctx, of(bridge_pattern::reqrep, w));
    running run(d);
    echo server(ctx, d.bound("backend"));
    dealer client(ctx, {.connect = d.bound("frontend")});
    const auto id = envelope::encode({.requester = 7, .serial = 0x80000005});
    const auto serial = envelope::encode_serial(0x80000005);
    const bool nng = client.core().engine_name() == "nng";
    const message request{nng ? as_text(serial) : as_text(id), "", "once"};
    for (int i = 0; i < 3; ++i) {
      client.send(request, patience).value();
      CHECK(client.recv(patience).value().text() == "answered");
    }
    CHECK(server.handled() == 1);
  }
}

TEST_CASE("free dealer messages cross and their answers come back without an envelope") {
  for (const way& w : all_ways) {
    CAPTURE(w.front);
    CAPTURE(w.back);
    context ctx;
    bridge d(ctx, of(bridge_pattern::routerdealer, w));
    running run(d);
    router server(ctx, {.connect = d.bound("backend")});
    dealer client(ctx, {.connect = d.bound("frontend")});
    client.send(message{"free", "frames"}, patience).value();
    message got = server.core().recv(patience).value();
    REQUIRE(got.size() >= 4);
    CHECK(got.text() == "frames");
    for (int i = 0; i < 3; ++i) server.core().send(message(got), patience).value();
    for (int i = 0; i < 3; ++i) CHECK(client.recv(patience).value() == message{"free", "frames"});
    CHECK(run.finish());
  }
}

TEST_CASE("an envelope of too many hops is dropped and counted") {
  context ctx;
  bridge d(ctx,
           {.pattern = bridge_pattern::reqrep,
            .common = {
                .frontend = "tcp://127.0.0.1:0", .backend = "tcp://127.0.0.1:0", .frontend_socket = {.max_hops = 3}}});
  running run(d);
  dealer client(ctx, {.connect = d.bound("frontend")});
  client.send(message{"1", "2", "3", "", "too far"}, patience).value();
  CHECK(eventually([&] { return d.statistics().forward[drop_reason::hop_limit] == 1; }));
}

TEST_CASE("an envelope frame longer than any identity is malformed") {
  context ctx;
  bridge d(ctx, of(bridge_pattern::reqrep, zmq_tcp));
  running run(d);
  dealer client(ctx, {.connect = d.bound("frontend")});
  client.send(message{std::string(1000, 'x'), "", "body"}, patience).value();
  client.send(message{"ok", "", "body"}, patience).value();
  CHECK(eventually([&] { return d.statistics().in_flight == 1; }));
  CHECK(d.statistics().forward[drop_reason::malformed] == 1);
}

TEST_CASE("an answer that nobody asked for is dropped and counted") {
  context ctx;
  bridge d(ctx, of(bridge_pattern::reqrep, zmq_to_nng));
  running run(d);
  router server(ctx, {.connect = d.bound("backend")});
  dealer client(ctx, {.connect = d.bound("frontend")});
  client.send(message{"id", "", "question"}, patience).value();
  message asked = server.core().recv(patience).value();
  message forged{asked[0].text(), asked[1].text(), as_text(envelope::encode_serial(0x80000999)), "", "forged"};
  server.core().send(forged, patience).value();
  CHECK(eventually([&] { return d.statistics().backward[drop_reason::late_reply] == 1; }));
}

TEST_CASE("an answer to a client that has gone is counted as no_peer") {
  context ctx;
  bridge d(ctx, of(bridge_pattern::reqrep, zmq_tcp));
  running run(d);
  router server(ctx, {.connect = d.bound("backend")});
  message asked;
  {
    dealer client(ctx, {.connect = d.bound("frontend")});
    client.send(message{"id", "", "question"}, patience).value();
    asked = server.core().recv(patience).value();
  }
  CHECK(eventually([&] { return side_of(d.statistics(), "frontend").peers == 0; }));
  server.core().send(asked, patience).value();
  CHECK(eventually([&] { return d.statistics().backward[drop_reason::no_peer] == 1; }));
}

TEST_CASE("a draining reqrep bridge waits for the answers under way") {
  for (const way& w : {zmq_tcp, zmq_to_nng, nng_to_zmq}) {
    CAPTURE(w.front);
    CAPTURE(w.back);
    context ctx;
    bridge d(ctx, of(bridge_pattern::reqrep, w));
    running run(d);
    router server(ctx, {.connect = d.bound("backend")});
    requester<> client(ctx, {.connect = d.bound("frontend")});
    client.wait_for_peers(1, patience).value();
    const auto ticket = client.send(message("question"), patience).value();
    message asked = server.core().recv(patience).value();
    d.drain(patience);
    CHECK(eventually([&] { return d.statistics().state == device_state::draining; }));
    server.core().send(asked, patience).value();
    CHECK(client.recv(ticket).value() == "question");
    CHECK(run.finish());
  }
}

TEST_CASE("pub-sub, push-pull and pair cross a bridge, too") {
  for (const way& w : {zmq_to_nng, nng_to_zmq}) {
    CAPTURE(w.front);
    context ctx;
    {
      bridge d(ctx, of(bridge_pattern::pubsub, w));
      running run(d);
      publisher<> pub(ctx, {.connect = d.bound("frontend")});
      subscriber<> sub(ctx, {.connect = d.bound("backend"), .topics = {"t"}});
      result<sample<message>> got = errc::timeout;
      for (const deadline until = patience; !got && !until.passed(); got = sub.recv(5ms))
        pub.send("t", message("v")).value();
      REQUIRE(got);
      CHECK(got->body == "v");
    }
    {
      bridge d(ctx, of(bridge_pattern::pushpull, w));
      running run(d);
      pusher<> out(ctx, {.connect = d.bound("frontend")});
      puller<> in(ctx, {.connect = d.bound("backend")});
      out.send(message{"x", "y"}, patience).value();
      CHECK(in.recv(patience).value() == message{"x", "y"});
    }
    bridge d(ctx, of(bridge_pattern::pair, w));
    running run(d);
    pair<> a(ctx, {.connect = d.bound("frontend")}), b(ctx, {.connect = d.bound("backend")});
    for (int i = 0; i < 100; ++i) {
      a.send(message{"there", std::to_string(i)}, patience).value();
      CHECK(b.recv(patience).value() == message{"there", std::to_string(i)});
      b.send(message{"back", std::to_string(i)}, patience).value();
      CHECK(a.recv(patience).value() == message{"back", std::to_string(i)});
    }
    CHECK(run.finish());
  }
}
