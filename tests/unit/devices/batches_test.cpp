// Batches through devices: unopened where whoever gets them is known to read them, and else message by message.
#include <wye/devices/bridge.hpp>
#include <wye/devices/forwarder.hpp>
#include <wye/devices/streamer.hpp>
#include <wye/socket.hpp>

#include "batch_of.hpp"
#include "running.hpp"

using namespace wye;
using namespace wye::test;

namespace {

void send(socket& to, const parcel& p) {
  parcel mine = p;
  REQUIRE(eventually([&] { return to.try_send(mine.m, mine.what) == errc::ok; }));
}

parcel recv(socket& from) {
  parcel p;
  REQUIRE(eventually([&] { return from.try_recv(p.m, p.what) == errc::ok; }));
  return p;
}

void expect_whole(socket& from, const parcel& sent) {
  const parcel got = recv(from);
  CHECK(got.what.messages == sent.what.messages);
  CHECK(got.m == sent.m);
}

void expect_single(socket& from, const std::vector<message>& all) {
  for (const message& m : all) {
    const parcel got = recv(from);
    REQUIRE(got.what.messages == 0);
    REQUIRE(got.m == m);
  }
}

void expect_counts(const device& d, std::uint64_t messages, std::uint64_t bytes) {
  CHECK(eventually([&] { return d.statistics().forward.passed == messages; }));
  const auto s = d.statistics();
  CHECK(s.forward.passed_bytes == bytes);
  CHECK(s.in_flight == 0);
  for (const char* name : {"frontend", "backend"}) {
    const ledger l = side_of(s, name).ledger;
    const bool front = std::string_view(name) == "frontend";
    CHECK((front ? l.received : l.sent) == messages);
    CHECK((front ? l.received_bytes : l.sent_bytes) == bytes);
  }
}

socket_options gathering() { return {.send_queue = 10'000, .batch = batching::usual()}; }

device_options gathering_behind(const way& w) {
  return {.frontend = w.front, .backend = w.back, .backend_socket = gathering()};
}

struct pipeline {
  explicit pipeline(const device_options& o)
      : d(ctx, {.common = o}), run(d), out(ctx, role::push, gathering()), in(ctx, role::pull) {
    out.connect(d.bound("frontend").str());
    in.connect(d.bound("backend").str());
  }
  context ctx;
  streamer d;
  running run;
  socket out, in;
};

struct publishing {
  explicit publishing(const forwarder_options& o)
      : d(ctx, o), run(d), out(ctx, role::publisher), in(ctx, role::subscriber) {
    out.connect(d.bound("frontend").str());
    in.subscribe(as_bytes("fx.")).value();
    in.connect(d.bound("backend").str());
  }
  // The device may hear of a subscription before its twin, and opens until then. Returns how often it took.
  int send_until_whole(const parcel& some) {
    for (int count = 1;; ++count) {
      send(out, some);
      const parcel first = recv(in);
      if (first.what.messages > 0) {
        CHECK(first.m == some.m);
        return count;
      }
      for (std::size_t i = 1; i < some.what.messages; ++i) recv(in);
    }
  }
  void also(std::string_view topic) {
    in.subscribe(as_bytes(topic)).value();
    REQUIRE(eventually([&] { return d.statistics().details.at("topics") == 2; }));
  }
  context ctx;
  forwarder d;
  running run;
  socket out, in;
};

}  // namespace

TEST_CASE("a streamer whose backend has batches passes one on as it came, and counts its messages") {
  for (const way& w : {zmq_inproc, zmq_tcp, nng_inproc, nng_tcp, zmq_to_nng, nng_to_zmq, way{"shm://f", "shm://b"}}) {
    CAPTURE(w.front);
    CAPTURE(w.back);
    pipeline p(gathering_behind(w));
    const parcel some = batch_of({message("one"), message{"two", "", "three"}, message(std::string(5000, 'x'))});
    send(p.out, some);
    expect_whole(p.in, some);
    expect_counts(p.d, 3, some.what.bytes);
  }
}

TEST_CASE("single messages before and behind a batch keep their places") {
  pipeline p(gathering_behind(zmq_tcp));
  const auto all = numbered(20);
  for (int round = 0; round < 20; ++round) {
    p.out.send(message("before"), patience).value();
    send(p.out, batch_of(all));
    p.out.send(message("behind"), patience).value();
  }
  for (int round = 0; round < 20; ++round) {
    CHECK(p.in.recv(patience).value().text() == "before");
    for (const message& m : all) REQUIRE(p.in.recv(patience).value() == m);
    CHECK(p.in.recv(patience).value().text() == "behind");
  }
}

TEST_CASE("a streamer whose backend has no batches opens them") {
  pipeline p({.frontend = zmq_tcp.front, .backend = zmq_tcp.back});
  const auto all = numbered(400);
  const parcel some = batch_of(all);
  send(p.out, some);
  expect_single(p.in, all);
  expect_counts(p.d, 400, some.what.bytes);
}

TEST_CASE("a batch that the backend's limits do not allow is opened") {
  device_options shorter = gathering_behind(zmq_tcp), smaller = shorter;
  shorter.backend_socket.send_queue = 160;  // ten messages a batch
  smaller.backend_socket.max_message = 1500;
  for (const device_options& o : {shorter, smaller}) {
    pipeline p(o);
    const auto all = numbered(300);
    const parcel some = batch_of(all);
    send(p.out, some);
    for (const message& m : all) REQUIRE(p.in.recv(patience).value() == m);
    expect_counts(p.d, 300, some.what.bytes);
    CHECK(side_of(p.d.statistics(), "backend").ledger.dropped_total() == 0);
  }
}

TEST_CASE("a tap is given single messages, and so is who is behind the device") {
  device_options o{.frontend = zmq_tcp.front, .backend = zmq_tcp.back, .backend_socket = gathering()};
  o.capture = {"tcp://127.0.0.1:0"};
  pipeline p(o);
  socket tap(p.ctx, role::subscriber);
  tap.subscribe({}).value();
  tap.connect(p.d.bound("capture").str());
  const auto all = numbered(10);
  for (parcel heard; heard.m.empty();) {  // until the tap listens
    send(p.out, batch_of(all));
    for (const message& m : all) REQUIRE(p.in.recv(patience).value() == m);
    (void)tap.try_recv(heard.m, heard.what);
    CHECK(heard.what.messages == 0);
  }
}

TEST_CASE("a batch that finds no room is in hand with all its messages, and stopped with them") {
  context ctx;
  streamer d(ctx, {.common = gathering_behind(zmq_tcp)});
  running run(d);
  socket out(ctx, role::push, gathering());
  out.connect(d.bound("frontend").str());
  send(out, batch_of(numbered(50)));
  CHECK(eventually([&] { return d.statistics().in_flight == 50; }));
  d.stop();
  (void)run.finish();
  CHECK(d.statistics().forward[drop_reason::stopped] == 50);
  CHECK(d.statistics().in_flight == 0);
}

TEST_CASE("a forwarder passes a batch on as it came to subscribers of its prefix") {
  publishing p({.common = {.frontend = zmq_tcp.front, .backend = zmq_tcp.back}});
  const auto all = numbered(100, "fx.eurusd");
  const auto sent = static_cast<unsigned>(p.send_until_whole(batch_of(all, "fx.")));
  send(p.out, batch_of(all, "fx.eur"));  // longer than any subscription
  expect_whole(p.in, batch_of(all, "fx.eur"));
  expect_counts(p.d, 100 * (sent + 1), (sent + 1) * batch_of(all).what.bytes);
}

TEST_CASE("a forwarder opens a batch when some subscription is longer than its prefix, and only then") {
  // With room for one topic it subscribes to everything: so its publishers do not know of the longer one.
  publishing p({.common = {.frontend = zmq_tcp.front, .backend = zmq_tcp.back}, .max_topics = 1});
  const auto all = numbered(100, "fx.eurusd");
  p.send_until_whole(batch_of(all, "fx."));
  p.also("fx.gbp");
  p.send_until_whole(batch_of(all, "fx.eur"));
  send(p.out, batch_of(all, "fx."));
  expect_single(p.in, all);
}

TEST_CASE("what is in a batch and not under its prefix is dropped when it is opened, and counted") {
  publishing p({.common = {.frontend = zmq_tcp.front, .backend = zmq_tcp.back}, .max_topics = 1});
  p.also("fx.gbp");
  send(p.out, batch_of({message{"fx.eur", "1"}, message{"other", "2"}, message{"fx.gbp", "3"}}, "fx."));
  expect_single(p.in, {message{"fx.eur", "1"}, message{"fx.gbp", "3"}});
  CHECK(eventually([&] { return p.d.statistics().forward.passed == 2; }));
  CHECK(p.d.statistics().forward[drop_reason::not_wanted] == 1);
}

TEST_CASE("a forwarder that remembers values opens batches") {
  publishing p({.common = {.frontend = zmq_tcp.front, .backend = zmq_tcp.back}, .last_value = true});
  REQUIRE(eventually([&] { return p.d.statistics().details.at("topics") == 1; }));
  const auto all = numbered(100, "fx.eurusd");
  send(p.out, batch_of(all, "fx."));
  expect_single(p.in, all);
  CHECK(p.d.statistics().details.at("cached") == 1);
}

TEST_CASE("a bridge of pairs passes batches on to a peer that it has heard") {
  context ctx;
  device_options o{.frontend = zmq_tcp.front, .backend = zmq_tcp.back};
  o.frontend_socket = o.backend_socket = gathering();
  bridge d(ctx, {.pattern = bridge_pattern::pair, .common = o});
  running run(d);
  socket a(ctx, role::pair, gathering()), b(ctx, role::pair, gathering());
  a.connect(d.bound("frontend").str());
  b.connect(d.bound("backend").str());
  const auto all = numbered(100);
  a.send(message("hello"), patience).value();
  CHECK(b.recv(patience).value().text() == "hello");
  b.send(message("hello, too"), patience).value();
  CHECK(a.recv(patience).value().text() == "hello, too");
  send(a, batch_of(all));
  expect_whole(b, batch_of(all));
  send(b, batch_of(all));
  expect_whole(a, batch_of(all));
}
