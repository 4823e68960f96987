#include <thread>

#include <wye/msgpack.hpp>
#include <wye/wye.hpp>

#include "support/marry.hpp"

namespace wye::test {

namespace {

struct quote {
  std::string symbol;
  double bid = 0, ask = 0;
  std::vector<int> sizes;
  MSGPACK_DEFINE(symbol, bid, ask, sizes)
  friend bool operator==(const quote&, const quote&) = default;
};

const quote eurusd{"EURUSD", 1.0841, 1.0843, {1, 2, 3}};

}  // namespace

TEST_CASE("typed values arrive equal, through pub/sub, push/pull and pair") {
  context ctx;
  publisher<quote> pub(ctx, {.bind = any_endpoint()});
  subscriber<quote> sub(ctx, {.connect = pub.bound().front(), .topics = {"fx."}});
  REQUIRE(pub.wait_for_subscribers(1, patience).has_value());
  REQUIRE(pub.send("fx.eurusd", eurusd).has_value());
  auto got = sub.recv(patience);
  REQUIRE(got.has_value());
  CHECK(got->topic == "fx.eurusd");
  CHECK(got->body == eurusd);

  puller<quote> pull(ctx, {.bind = any_endpoint()});
  pusher<quote> push(ctx, {.connect = pull.bound().front()});
  REQUIRE(push.send(eurusd, patience).has_value());
  CHECK(pull.recv(patience).value() == eurusd);
}

TEST_CASE("a typed call is answered by a typed handler") {
  context ctx;
  replier<std::vector<int>, int> sum(ctx, {.bind = any_endpoint()});
  std::jthread serving([&](const std::stop_token& stop) {
    (void)sum.serve(
        [](const std::vector<int>& numbers) -> result<int> {
          if (numbers.empty()) return failure(errc::remote, "nothing to add");
          int s = 0;
          for (const int n : numbers) s += n;
          return s;
        },
        stop);
  });
  requester<std::vector<int>, int> ask(ctx, {.connect = sum.bound().front()});
  CHECK(ask.call({1, 2, 39}, patience).value() == 42);
  CHECK(ask.call({}, patience).code() == errc::remote);
}

TEST_CASE("a body that is not the promised type is malformed and counted, and the next one is read") {
  context ctx;
  puller<quote> in(ctx, {.bind = any_endpoint()});
  socket out(ctx, role::push, {}, in.bound().front());
  const message bad[] = {"\xc1 never used in msgpack",
                         {"two", "frames"},
                         "",
                         "\x93\x01\x02\x03",
                         std::string_view("\xdd\xff\xff\xff\xff", 5)};
  std::uint64_t expected = 0;
  for (const message& m : bad) {
    give(out, m);
    CHECK(in.recv(patience).code() == errc::malformed);
    CHECK(in.ledger()[drop_reason::malformed] == ++expected);
  }
  message good;
  codec<quote>::append(eurusd, good);
  give(out, std::move(good));
  CHECK(in.recv(patience).value() == eurusd);
}

TEST_CASE("a range skips what does not decode") {
  context ctx;
  puller<int> in(ctx, {.bind = any_endpoint()});
  socket out(ctx, role::push, {}, in.bound().front());
  for (const char* bytes : {"\x01", "\xc1", "\x02", "\xa1x", "\x03"}) give(out, bytes);
  std::stop_source stop;
  std::vector<int> seen;
  for (const int n : in.until(stop.get_token())) {
    seen.push_back(n);
    if (n == 3) stop.request_stop();
  }
  CHECK(seen == std::vector<int>{1, 2, 3});
  CHECK(in.ledger()[drop_reason::malformed] == 2);
}

TEST_CASE("a request that does not decode is answered with an error, and counted") {
  context ctx;
  replier<int, int> s(ctx, {.bind = any_endpoint()});
  std::jthread serving([&](const std::stop_token& stop) { (void)s.serve([](int n) { return n + 1; }, stop); });
  requester<std::string, std::string> rude(ctx, {.connect = s.bound().front()});
  CHECK(rude.call("\xc1", patience).code() == errc::remote);
  requester<int, int> polite(ctx, {.connect = s.bound().front()});
  CHECK(polite.call(41, patience).value() == 42);
  CHECK(s.ledger()[drop_reason::malformed] == 1);
}

TEST_CASE("an answer that does not decode is malformed") {
  context ctx;
  replier<std::string, std::string> s(ctx, {.bind = any_endpoint()});
  std::jthread serving([&](const std::stop_token& stop) {
    (void)s.serve([](const std::string&) { return std::string("\xc1"); }, stop);
  });
  requester<std::string, int> r(ctx, {.connect = s.bound().front()});
  CHECK(r.call("a number, please", patience).code() == errc::malformed);
  CHECK(r.ledger()[drop_reason::malformed] == 1);
}

}  // namespace wye::test
