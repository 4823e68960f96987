// What is known of a ZeroMQ socket's peers, without a socket.
#include "lib/engines/zmq/board.hpp"

#include <doctest/doctest.h>

#include <thread>

namespace wye::zmq_engine {
namespace {

using kind = socket_event::kind;

std::vector<kind> events_of(board& b) {
  std::vector<kind> seen;
  for (socket_event e; b.next_event(e);) seen.push_back(e.what);
  return seen;
}

}  // namespace

TEST_CASE("a peer comes up once and goes once") {
  board b(role::dealer, 100);
  b.up(7, "tcp://a:1");
  b.up(7, "tcp://a:1");
  CHECK(b.peer_count() == 1);
  CHECK(b.down(7));
  CHECK_FALSE(b.down(7));
  CHECK(b.peer_count() == 0);
  CHECK(events_of(b) == std::vector{kind::peer_up, kind::peer_down});
}

TEST_CASE("ids are not used again, descriptors are") {
  board b(role::dealer, 100);
  b.up(7, "tcp://a:1");
  const auto first = b.peers().front().id;
  b.down(7);
  b.up(7, "tcp://a:1");
  CHECK(b.peers().front().id != first);
}

TEST_CASE("what a lost peer may have taken along is no more than what was accepted since it came, or its queue holds") {
  board b(role::push, 10);
  for (int i = 0; i < 5; ++i) b.accepted();
  b.up(7, "tcp://a:1");
  for (int i = 0; i < 3; ++i) b.accepted();
  b.down(7);
  CHECK(b.at_risk() == 3);
  b.up(8, "tcp://a:1");
  for (int i = 0; i < 50; ++i) b.accepted();
  b.down(8);
  CHECK(b.at_risk() == 3 + 10);
}

TEST_CASE("nothing is at risk with a peer that said farewell, nor where the engine drops by itself") {
  board pusher(role::push, 10);
  pusher.up(7, "tcp://a:1");
  pusher.accepted();
  pusher.down(7, false);
  CHECK(pusher.at_risk() == 0);
  board publisher(role::publisher, 10);
  publisher.up(7, "tcp://a:1");
  publisher.accepted();
  publisher.down(7);
  CHECK(publisher.at_risk() == 0);
}

TEST_CASE("a peer keeps its id under another key") {
  board b(role::dealer, 100);
  b.up(board::first_inproc_key, "inproc://a");
  const auto id = b.peers().front().id;
  CHECK(b.rename(board::first_inproc_key, 9, "tcp://a:1"));
  CHECK_FALSE(b.rename(board::first_inproc_key, 10, "tcp://a:1"));
  CHECK(b.peers().front().id == id);
  CHECK(b.peers().front().endpoint == "tcp://a:1");
  CHECK(b.down(9));
}

TEST_CASE("ending the connections to one endpoint leaves the others") {
  board b(role::dealer, 100);
  b.up(7, "tcp://a:1");
  b.up(8, "tcp://b:1");
  b.up(9, "tcp://a:1");
  CHECK(b.descriptors("tcp://a:1") == std::vector{7, 9});
  b.down_all("tcp://a:1");
  CHECK(b.descriptors() == std::vector{8});
}

TEST_CASE("events that nobody takes are forgotten, and that is told") {
  board b(role::pull, 100);
  for (int i = 0; i < 5000; ++i) b.post({.what = kind::connect_failed, .endpoint = {}, .detail = {}, .topic = {}});
  const auto seen = events_of(b);
  CHECK(seen.size() == 4096);
  CHECK(seen.front() == kind::events_lost);
}

TEST_CASE("an endpoint that libzmq gave up is for the owner, once") {
  board b(role::pull, 100, 100, {.min = duration(0), .max = duration(0)});
  b.lost("tcp://a:1");
  b.lost("tcp://b:1");
  b.retried("tcp://b:1");
  CHECK(b.take_due() == std::vector<std::string>{"tcp://a:1"});
  CHECK(b.take_due().empty());
  CHECK_FALSE(b.any_lost());
}

TEST_CASE("it is so after a pause, and an endpoint that the owner has left is not") {
  board b(role::pull, 100, 100, {.min = std::chrono::hours(1), .max = std::chrono::hours(1)});
  b.lost("tcp://a:1");
  CHECK(b.take_due().empty());
  CHECK(b.call_when_due() > clock::now());
  CHECK_FALSE(b.has_news());
  b.down_all("tcp://a:1");
  CHECK(b.call_when_due() == time_point::max());
}

TEST_CASE("where the owner connects it is called whenever a connection failed or ended, once each time") {
  board b(role::dealer, 100, 100, {.by_owner = true, .min = duration(0), .max = duration(0)});
  for (int i = 0; i < 2; ++i) {
    b.lost("tcp://a:1");
    b.retried("tcp://a:1");
    CHECK(b.call_when_due() == time_point::max());
    CHECK(b.has_news());
    b.looked_at();
    CHECK(b.call_when_due() == time_point::max());
    CHECK_FALSE(b.has_news());
    CHECK(b.take_due() == std::vector<std::string>{"tcp://a:1"});
  }
}

TEST_CASE("the pause grows while nobody is there, and is short again when somebody was") {
  using std::chrono::minutes;
  board b(role::dealer, 100, 100, {.by_owner = true, .min = minutes(1), .max = minutes(8)});
  const auto next = [&] {
    b.retried("tcp://a:1");
    const auto due = b.call_when_due() - clock::now();
    b.down_all("tcp://a:1");
    return due;
  };
  for (const int pause : {1, 2, 4, 8, 8}) {
    const auto due = next();
    CHECK(due > minutes(pause) - minutes(1));
    CHECK(due < minutes(pause) * 3 / 2 + minutes(1));
  }
  b.up(7, "tcp://a:1");
  CHECK(next() < minutes(2));
}

TEST_CASE("whoever waits for the end is woken by it") {
  board b(role::pull, 100);
  std::thread watcher([&] { b.finished(); });
  CHECK(b.wait_finished(deadline::never()));
  watcher.join();
  CHECK_FALSE(board(role::pull, 100).wait_finished(duration(0)));
}

}  // namespace wye::zmq_engine
