// Several raw sockets used as one, without an engine.
#include <wye/detail/joined_socket.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <thread>

namespace wye::detail {
namespace {

// An engine's socket whose peers are in the test's hands.
class fake final : public raw_socket {
 public:
  explicit fake(role as) : as_(as) {}

  endpoint bind(const endpoint& at) override { return at; }
  void connect(const endpoint& to) override {
    if (to.path == "bad") throw error(errc::bad_endpoint, "bad");
  }
  void remove(const endpoint& which) override { removed.push_back(which.str()); }
  errc subscribe(bytes_view prefix) override { return topics.emplace_back(as_text(prefix)), errc::ok; }
  errc unsubscribe(bytes_view prefix) override { return std::erase(topics, as_text(prefix)), errc::ok; }
  errc try_send(message& m) override {
    if (as_ == role::router && std::ranges::find(names, m.front().text()) == names.end()) return errc::no_peer;
    if (sent.size() >= room) return errc::would_block;
    sent.push_back(std::move(m));
    m.clear();
    return errc::ok;
  }
  using raw_socket::try_send;
  errc try_recv(message& m) override {
    ++asked;
    if (arrived.empty()) return errc::would_block;
    m = std::move(arrived.front());
    arrived.pop_front();
    return errc::ok;
  }
  events ready(events interest) override {
    events now = events::none;
    if (!arrived.empty()) now = now | events::readable;
    if (sent.size() < room) now = now | events::writable;
    if (any(now & interest)) event_.set();
    else event_.clear();
    return now & interest;
  }
  events wait(events interest, time_point) override { return ready(interest); }
  void wake() noexcept override { event_.set(); }
  void poll_fds(events, std::vector<pollfd>& out) override { out.push_back({event_.fd(), POLLIN, 0}); }
  frame allocate(std::size_t size) override { return frame::make(size); }
  bool next_event(socket_event& out) override {
    if (told.empty()) return false;
    out = told.front();
    told.pop_front();
    return true;
  }
  [[nodiscard]] std::vector<peer_info> peers() const override {
    std::vector<peer_info> all;
    for (std::uint64_t i = 1; i <= peers_up; ++i) all.push_back({i, "peer"});
    return all;
  }
  [[nodiscard]] std::size_t peer_count() const noexcept override { return peers_up; }
  [[nodiscard]] std::optional<std::size_t> subscriptions(std::optional<bytes_view>) const override { return held; }
  [[nodiscard]] ledger counts() const override { return known; }
  errc close(duration linger) override {
    closed_with = linger;
    return close_gives;
  }

  void arrive(std::string_view text) {
    arrived.emplace_back(text);
    event_.set();
  }

  std::size_t room = 100, peers_up = 1, asked = 0;
  std::vector<message> sent;
  std::deque<message> arrived;
  std::deque<socket_event> told;
  std::vector<std::string> topics, removed, names;
  std::optional<std::size_t> held;
  ledger known;
  std::optional<duration> closed_with;
  errc close_gives = errc::ok;

 private:
  const role as_;
  wake_event event_;
};

// Each endpoint has a member of its own, but those that are bound share one.
class several final : public joined_socket {
 public:
  explicit several(role as) : joined_socket(as, 8), as_(as) {}
  void add(const char* name) { connect(endpoint::parse(name)); }
  void drop(const char* name) { remove(endpoint::parse(name)); }
  /// The n-th that was made.
  fake& operator[](std::size_t n) { return *made_.at(n); }
  [[nodiscard]] std::size_t made() const { return made_.size(); }

 protected:
  [[nodiscard]] std::string shared_by(const endpoint&, bool binds) const override { return binds ? "bound" : ""; }
  std::unique_ptr<raw_socket> open(const endpoint&, bool) override {
    auto one = std::make_unique<fake>(as_);
    made_.push_back(one.get());
    return one;
  }

 private:
  const role as_;
  std::vector<fake*> made_;
};

constexpr const char *a = "inproc://a", *b = "inproc://b", *c = "inproc://c";

errc send(joined_socket& to, std::string_view text) {
  message m(text);
  const errc done = to.try_send(m);
  CHECK(m.empty() == (done == errc::ok));
  return done;
}

std::string recv(joined_socket& from) {
  message m;
  return from.try_recv(m) == errc::ok ? std::string(m.text()) : "-";
}

// Receives a message and nothing, and that a wait would end then.
std::string wait_and_recv(joined_socket& from) {
  CHECK(from.wait(events::readable, (clock::now() + std::chrono::seconds(20))) == events::readable);
  return recv(from);
}

}  // namespace

TEST_CASE("what is sent goes to each member in turn, and to the others while one takes nothing") {
  several all(role::push);
  for (const char* at : {a, b, c}) all.add(at);
  for (int i = 0; i < 6; ++i) CHECK(send(all, "x") == errc::ok);
  for (std::size_t i = 0; i < 3; ++i) CHECK(all[i].sent.size() == 2);
  all[1].room = 2;
  for (int i = 0; i < 6; ++i) CHECK(send(all, "x") == errc::ok);
  CHECK(all[0].sent.size() + all[2].sent.size() == 10);
  all[0].room = all[2].room = 0;
  CHECK(send(all, "x") == errc::would_block);
  CHECK(all.ready(events::both) == events::none);
  all[1].room = 3;
  CHECK(all.ready(events::both) == events::writable);
  CHECK(send(all, "x") == errc::ok);
}

TEST_CASE("bytes are sent like messages") {
  several all(role::push);
  for (const char* at : {a, b}) all.add(at);
  for (int i = 0; i < 4; ++i) CHECK(all.try_send(as_bytes("x")) == errc::ok);
  CHECK(all[0].sent.size() == 2);
  CHECK(all[1].sent.size() == 2);
}

TEST_CASE("nobody is starved by somebody who sends all the time, and who is alone is not left for long") {
  several all(role::pull);
  for (const char* at : {a, b, c}) all.add(at);
  for (int i = 0; i < 1000; ++i) all[0].arrive("busy");
  all[2].arrive("rare");
  int before = 0;
  while (recv(all) == "busy") ++before;
  CHECK(before <= 64);
  const std::size_t asked = all[1].asked;
  for (int i = 0; i < 600; ++i) CHECK(recv(all) == "busy");
  CHECK(all[1].asked - asked <= 600 / 64 + 1);
}

TEST_CASE("a wait ends when any member has something, or is woken") {
  several all(role::dealer);
  for (const char* at : {a, b}) all.add(at);
  std::atomic<bool> over = false;
  std::thread peer([&] {  // a look clears what came before it
    while (!over) all[1].wake();
  });
  CHECK(all.wait(events::none, time_point::max()) == events::none);
  over = true;
  peer.join();
  all[1].arrive("x");
  CHECK(wait_and_recv(all) == "x");
  CHECK(recv(all) == "-");
  std::thread waker([&] { all.wake(); });
  CHECK(all.wait(events::readable, time_point::max()) == events::none);
  waker.join();
  CHECK(all.wait(events::readable, clock::now()) == events::none);
}

TEST_CASE("a pair keeps to one peer until that has gone, and does not hear the others") {
  several all(role::pair);
  for (const char* at : {a, b}) all.add(at);
  all[0].peers_up = 0;
  CHECK(send(all, "x") == errc::ok);
  CHECK(send(all, "x") == errc::ok);
  CHECK(all[1].sent.size() == 2);
  all[0].peers_up = 1;
  all[0].arrive("from a stranger");
  CHECK(all.ready(events::readable) == events::none);
  CHECK(recv(all) == "-");
  all[1].room = 2;
  CHECK(send(all, "x") == errc::would_block);
  all[1].arrive("last words");
  all[1].peers_up = 0;
  CHECK(send(all, "x") == errc::ok);
  CHECK(all[0].sent.size() == 1);
  CHECK(recv(all) == "from a stranger");
  CHECK(recv(all) == "last words");
}

TEST_CASE("who is removed is sent nothing any more, and its member serves for the next") {
  several all(role::push);
  for (const char* at : {a, b}) all.add(at);
  all.drop(a);
  CHECK(all[0].removed == std::vector<std::string>{a});
  for (int i = 0; i < 4; ++i) CHECK(send(all, "x") == errc::ok);
  CHECK(all[1].sent.size() == 4);
  CHECK_THROWS_AS(all.drop(a), error);
  all.add(c);
  CHECK(all.made() == 2);
  CHECK(send(all, "x") == errc::ok);
  CHECK(send(all, "x") == errc::ok);
  CHECK(all[0].sent.size() == 1);
  for (const char* at : {b, c}) all.drop(at);
  CHECK(send(all, "x") == errc::would_block);
  CHECK(recv(all) == "-");
  CHECK(all.wait(events::readable, clock::now()) == events::none);
}

TEST_CASE("what is bound shares one member") {
  several all(role::push);
  for (const char* at : {a, b}) (void)all.bind(endpoint::parse(at));
  CHECK(all.made() == 1);
  all.drop(a);
  all.drop(b);
  CHECK(all[0].removed == std::vector<std::string>{a, b});
  CHECK(send(all, "for who is still there") == errc::ok);
}

TEST_CASE("an endpoint that fails leaves nothing to send to") {
  several all(role::push);
  CHECK_THROWS_AS(all.add("inproc://bad"), error);
  CHECK(send(all, "x") == errc::would_block);
  all.add(a);
  CHECK(all.made() == 1);
  CHECK(send(all, "x") == errc::ok);
}

TEST_CASE("peers have ids of their own, and events tell the same ones") {
  several all(role::dealer);
  for (const char* at : {a, b}) all.add(at);
  all[0].peers_up = 2;
  CHECK(all.peer_count() == 3);
  std::vector<std::uint64_t> ids;
  for (const peer_info& p : all.peers()) ids.push_back(p.id);
  std::ranges::sort(ids);
  CHECK(std::ranges::adjacent_find(ids) == ids.end());
  socket_event e;
  CHECK_FALSE(all.next_event(e));
  for (const std::uint64_t peer : {1U, 0U}) all[1].told.emplace_back().peer = peer;
  REQUIRE(all.next_event(e));
  CHECK(std::ranges::count(ids, e.peer) == 1);
  CHECK(e.peer != 1);
  REQUIRE(all.next_event(e));
  CHECK(e.peer == 0);
}

TEST_CASE("accounts are sums, and unknown if one part is") {
  several all(role::push);
  for (const char* at : {a, b}) all.add(at);
  all[0].known.at_risk = 2;
  all[1].known.at_risk = 3;
  all[0].known.in_flight = all[1].known.in_flight = 5;
  CHECK(all.counts().at_risk == 5);
  CHECK(all.counts().in_flight == 10);
  CHECK(all.subscriptions({}) == std::nullopt);
  all[0].held = all[1].held = 4;
  CHECK(all.subscriptions({}) == 8);
  all.drop(a);
  all[0].known.in_flight.reset();
  CHECK(all.counts().at_risk == 5);
  CHECK(all.counts().in_flight == std::nullopt);
}

TEST_CASE("one deadline serves for closing all, and what one could not hand over is told") {
  several all(role::push);
  for (const char* at : {a, b}) all.add(at);
  all[0].close_gives = errc::timeout;
  CHECK(all.close(std::chrono::seconds(5)) == errc::timeout);
  CHECK(*all[1].closed_with <= std::chrono::seconds(5));
  CHECK(*all[1].closed_with > duration::zero());
  several none(role::push);
  none.add(a);
  CHECK(none.close(duration::zero()) == errc::ok);
  CHECK(*none[0].closed_with == duration::zero());
}

TEST_CASE("what is published goes to all") {
  several all(role::publisher);
  for (const char* at : {a, b, c}) all.add(at);
  CHECK(send(all, "x") == errc::ok);
  for (std::size_t i = 0; i < 3; ++i) CHECK(all[i].sent == std::vector<message>{"x"});
}

TEST_CASE("what some have and others had no room for is given only to those when it is sent again") {
  several all(role::publisher);
  for (const char* at : {a, b, c}) all.add(at);
  all[1].room = 0;
  CHECK(send(all, "first") == errc::would_block);
  CHECK(send(all, "first") == errc::would_block);
  CHECK(all.ready(events::writable) == events::none);
  all[1].room = 1;
  CHECK(all.ready(events::writable) == events::writable);
  CHECK(send(all, "first") == errc::ok);
  for (std::size_t i = 0; i < 3; ++i) CHECK(all[i].sent == std::vector<message>{"first"});
}

TEST_CASE("the next message goes to all although the one before was given up") {
  several all(role::publisher);
  for (const char* at : {a, b}) all.add(at);
  all[0].room = 0;
  CHECK(send(all, "first") == errc::would_block);
  all[0].room = 10;
  CHECK(send(all, "second") == errc::ok);
  CHECK(all[0].sent == std::vector<message>{"second"});
  CHECK(all[1].sent == std::vector<message>{"first", "second"});
}

TEST_CASE("borrowed bytes that were not taken by all are compared after they have gone") {
  several all(role::publisher);
  for (const char* at : {a, b}) all.add(at);
  all[0].room = 0;
  std::string bytes = "first";
  CHECK(all.try_send(as_bytes(bytes)) == errc::would_block);
  bytes = "other";
  all[0].room = 10;
  CHECK(send(all, "first") == errc::ok);
  CHECK(all[1].sent.size() == 1);
}

TEST_CASE("an answer goes to the member that the question came from, and a name is that of who used it last") {
  several all(role::router);
  for (const char* at : {a, b}) all.add(at);
  for (std::size_t i = 0; i < 2; ++i) all[i].names = {"same"};
  message m;
  for (const std::size_t i : {1U, 0U, 1U}) {
    all[i].arrived.push_back({"same", "question"});
    REQUIRE(all.try_recv(m) == errc::ok);
    const std::size_t before = all[i].sent.size();
    CHECK(all.try_send(m) == errc::ok);
    CHECK(all[i].sent.size() == before + 1);
  }
}

TEST_CASE("whoever has not been heard is found by asking, and nobody is no_peer") {
  several all(role::router);
  for (const char* at : {a, b}) all.add(at);
  all[1].names = {"quiet"};
  message m{"quiet", "hello"};
  CHECK(all.try_send(m) == errc::ok);
  CHECK(all[1].sent.size() == 1);
  m = {"nobody", "hello"};
  CHECK(all.try_send(m) == errc::no_peer);
  CHECK(m.size() == 2);
  all[1].arrived.push_back({"quiet", "and I go"});
  REQUIRE(all.try_recv(m) == errc::ok);
  all[1].names.clear();
  all[0].names = {"quiet"};
  CHECK(all.try_send(m) == errc::ok);
  CHECK(all[0].sent.size() == 1);
}

TEST_CASE("a router waits for the room of the one that had none") {
  several all(role::router);
  for (const char* at : {a, b}) all.add(at);
  all[0].names = {"full"};
  all[0].room = 0;
  message m{"full", "hello"};
  CHECK(all.try_send(m) == errc::would_block);
  CHECK(all.ready(events::writable) == events::none);
  all[0].room = 1;
  CHECK(all.ready(events::writable) == events::writable);
}

TEST_CASE("topics reach all members") {
  several all(role::subscriber);
  for (const char* at : {a, b}) all.add(at);
  CHECK(all.subscribe(as_bytes("t")) == errc::ok);
  for (std::size_t i = 0; i < 2; ++i) CHECK(all[i].topics == std::vector<std::string>{"t"});
  CHECK(all.unsubscribe(as_bytes("t")) == errc::ok);
  for (std::size_t i = 0; i < 2; ++i) CHECK(all[i].topics.empty());
  several none(role::pull);
  CHECK(none.subscribe(as_bytes("t")) == errc::not_supported);
}

}  // namespace wye::detail
