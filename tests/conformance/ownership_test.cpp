// One owner at a time: misuse gives a clear error instead of corruption.
#include <atomic>
#include <barrier>
#include <latch>
#include <set>
#include <thread>

#include <wye/wye.hpp>

#include "support/marry.hpp"

namespace wye::test {

using namespace std::chrono_literals;

TEST_CASE("a moved-from socket says closed to every call, and the new owner goes on") {
  couple c(role::pull, role::push);
  socket out = std::move(c.second);
  socket& from = c.second;  // NOLINT(bugprone-use-after-move): that is the test
  message m("x");
  CHECK(from.send(m).code() == errc::closed);
  CHECK(from.recv().code() == errc::closed);
  CHECK(from.try_send(m) == errc::closed);
  CHECK(from.try_recv(m) == errc::closed);
  CHECK(from.subscribe({}).code() == errc::closed);
  CHECK(from.wait(events::both).code() == errc::closed);
  CHECK(from.wait_for_peers(1).code() == errc::closed);
  CHECK(from.next_event().code() == errc::closed);
  CHECK(from.close().code() == errc::closed);
  CHECK(code_of([&] { from.bind(any_endpoint()); }) == errc::closed);
  CHECK(code_of([&] { from.connect(c.at()); }) == errc::closed);
  CHECK(code_of([&] { from.remove(c.at()); }) == errc::closed);
  CHECK(from.is_closed());
  CHECK(from.bound().empty());
  CHECK(from.peers().empty());
  CHECK(from.ledger().sent == 0);
  CHECK(from.engine_name().empty());
  CHECK(from.loan(10).size() == 10);
  give(out, "hello");
  CHECK(take(c.first).text() == "hello");
}

TEST_CASE("assigning to a socket closes what it was, after delivering") {
  couple c(role::pull, role::push);
  give(c.second, "from the old one");
  socket in(c.ctx, role::pull, any_endpoint(), {});
  const std::string at = in.bound().front().str();
  c.second = socket(c.ctx, role::push, {}, at);
  give(c.second, "from the new one");
  CHECK(take(c.first).text() == "from the old one");
  CHECK(take(in).text() == "from the new one");
}

TEST_CASE("moved-from requesters and repliers say closed") {
  context ctx;
  raw_requester r(ctx, {.bind = any_endpoint()});
  raw_requester taken = std::move(r);
  CHECK(r.call("x", patience).code() == errc::closed);  // NOLINT(bugprone-use-after-move)
  CHECK(r.send("x", patience).code() == errc::closed);
  CHECK(r.in_flight() == 0);
  raw_replier s(ctx, {.bind = any_endpoint()});
  raw_replier kept = std::move(s);
  CHECK(s.recv(patience).code() == errc::closed);  // NOLINT(bugprone-use-after-move)
  CHECK(s.serve([](message m) -> result<message> { return m; }, {}).code() == errc::closed);
}

TEST_CASE("a call while another thread is inside is concurrent_use, and does nothing") {
  couple c(role::pull, role::push);
  std::stop_source stop;
  errc inside = errc::concurrent_use;
  std::jthread receiver([&] {
    while (inside == errc::concurrent_use) inside = c.first.recv(deadline::never(), stop.get_token()).code();
  });
  errc code = errc::ok;
  for (const deadline until(patience); code != errc::concurrent_use && !until.passed();)
    code = c.first.recv(deadline::now()).code();
  CHECK(code == errc::concurrent_use);
  CHECK(c.first.wait_for_peers(1, deadline::now()).code() == errc::concurrent_use);
  CHECK(c.first.close().code() == errc::concurrent_use);
  CHECK(code_of([&] { c.first.bind(any_endpoint()); }) == errc::concurrent_use);
  CHECK_FALSE(c.first.is_closed());
  stop.request_stop();
  receiver.join();
  CHECK(inside == errc::cancelled);
  give(c.second, "afterwards");
  CHECK(take(c.first).text() == "afterwards");
}

TEST_CASE("two threads that hammer one socket corrupt nothing: each message arrives once or was refused") {
  couple c(role::pull, role::push, {.send_queue = 100'000, .receive_queue = 100'000});
  constexpr int attempts = 5000, senders = 3;
  std::atomic<int> accepted{0}, refused{0};
  {
    std::barrier start(senders);
    std::vector<std::jthread> all;
    for (int t = 0; t < senders; ++t)
      all.emplace_back([&, t] {
        start.arrive_and_wait();
        for (int i = 0; i < attempts; ++i) {
          const auto sent = c.second.send(message{std::to_string(t), std::to_string(i)}, patience);
          if (sent) ++accepted;
          else if (sent.code() == errc::concurrent_use) ++refused;
        }
      });
  }
  CHECK(accepted + refused == attempts * senders);
  CHECK(accepted > 0);
  std::set<std::pair<std::string, std::string>> seen;
  for (int i = 0; i < accepted; ++i) {
    const message m = take(c.first);
    REQUIRE(m.size() == 2);
    REQUIRE(seen.emplace(m[0].text(), m[1].text()).second);
  }
  CHECK(c.first.recv(deadline::now()).code() == errc::timeout);
  CHECK(c.second.ledger().sent == static_cast<std::uint64_t>(accepted));
}

TEST_CASE("a socket may be handed from thread to thread between calls") {
  couple c(role::pull, role::push);
  for (int i = 0; i < 50; ++i) {
    std::jthread([&] { say(c.second, std::to_string(i)); }).join();
    std::jthread([&] { CHECK(take(c.first).text() == std::to_string(i)); }).join();
  }
}

TEST_CASE("a shared pusher and a shared puller serve eight threads each") {
  context ctx;
  shared<puller<std::string>> in(ctx, pattern_options{.bind = any_endpoint()});
  const std::string at = in.with([](auto& s) { return s.bound().front().str(); });
  shared<pusher<std::string>> out(ctx, pattern_options{.connect = at});
  constexpr int threads = 8, each = 250;
  std::atomic<int> received{0}, failed{0};
  std::atomic<std::uint64_t> sum{0};
  {
    std::vector<std::jthread> all;
    for (int t = 0; t < threads; ++t) {
      all.emplace_back([&, t] {
        for (int i = 0; i < each; ++i)
          if (!out.send(std::to_string(t * each + i), patience)) ++failed;
      });
      all.emplace_back([&] {
        for (int i = 0; i < each; ++i) {
          const auto got = in.recv(patience);
          if (!got) ++failed;
          else sum += static_cast<std::uint64_t>(std::stoi(*got)), ++received;
        }
      });
    }
  }
  CHECK(failed == 0);
  CHECK(received == threads * each);
  CHECK(sum == static_cast<std::uint64_t>(threads * each) * (threads * each - 1) / 2);
}

TEST_CASE("a shared socket's waiter ends by deadline and token while others use it") {
  context ctx;
  shared<puller<std::string>> in(ctx, pattern_options{.bind = any_endpoint()});
  CHECK(in.recv(5ms).code() == errc::timeout);
  std::stop_source stop;
  std::jthread waiter([&] { CHECK(in.recv(deadline::never(), stop.get_token()).code() == errc::cancelled); });
  for (int i = 0; i < 100; ++i) CHECK(in.with([](auto& s) { return s.peer_count(); }) == 0);
  stop.request_stop();
}

}  // namespace wye::test
