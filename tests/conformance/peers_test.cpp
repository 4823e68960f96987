#include "support/marry.hpp"

namespace wye::test {

using kind = socket_event::kind;

TEST_CASE("both sides see a peer come and go, as count, list and event, on every pattern") {
  const std::pair<role, role> patterns[] = {{role::pull, role::push},
                                            {role::publisher, role::subscriber},
                                            {role::pair, role::pair},
                                            {role::router, role::dealer}};
  for (const auto& [bound, connected] : patterns) {
    const auto pattern = name_of(bound);  // clang 14 captures no structured binding
    CAPTURE(pattern);
    couple c(bound, connected);
    const socket_event here = next(c.first, kind::peer_up), there = next(c.second, kind::peer_up);
    CHECK(c.first.peer_count() == 1);
    REQUIRE(c.first.peers().size() == 1);
    CHECK(c.first.peers().front().id == here.peer);
    CHECK(c.second.peers().front().id == there.peer);
    CHECK(here.peer != 0);
    CHECK_FALSE(here.endpoint.empty());
    REQUIRE(c.second.close().code() == errc::ok);
    CHECK(next(c.first, kind::peer_down).peer == here.peer);
    CHECK(c.first.peer_count() == 0);
    CHECK(c.first.peers().empty());
  }
}

TEST_CASE("the connecting side sees its peer go") {
  couple c(role::pull, role::push);
  const auto peer = next(c.second, kind::peer_up).peer;
  REQUIRE(c.first.close().code() == errc::ok);
  CHECK(next(c.second, kind::peer_down).peer == peer);
  CHECK(c.second.peer_count() == 0);
}

TEST_CASE("many peers are counted, and their identifiers are never reused") {
  context ctx;
  socket in(ctx, role::pull, any_endpoint(), {});
  std::vector<std::uint64_t> seen;
  for (int round = 0; round < 3; ++round) {
    std::vector<socket> out;
    for (int i = 0; i < 5; ++i) out.emplace_back(ctx, role::push, endpoints{}, in.bound().front());
    REQUIRE(in.wait_for_peers(5, patience).code() == errc::ok);
    for (int i = 0; i < 5; ++i) seen.push_back(next(in, kind::peer_up).peer);
    out.clear();
    for (int i = 0; i < 5; ++i) next(in, kind::peer_down);
  }
  std::sort(seen.begin(), seen.end());
  CHECK(std::adjacent_find(seen.begin(), seen.end()) == seen.end());
  CHECK(seen.size() == 15);
}

TEST_CASE("a wrong pattern pair is reported as a rejected peer, with the remedy") {
  if (on("ws")) SKIP("NNG refuses a wrong pattern on ws before the listener's socket hears of it");
  if (on_engine("zmq") && on("inproc")) SKIP("ZeroMQ does not compare patterns on inproc");
  context ctx;
  socket in(ctx, role::pull, any_endpoint(), {});
  socket wrong(ctx, role::publisher, {}, in.bound().front());
  const socket_event told = next(in, kind::peer_rejected);
  CHECK(mentions(told.detail, "pattern"));
  CHECK(in.peer_count() == 0);

  socket right(ctx, role::push, {}, in.bound().front());
  give(right, "and the right one is served");
  CHECK(take(in).text() == "and the right one is served");
}

TEST_CASE("the side that connects to the wrong pattern is told, too") {
  if (on_engine("zmq") && on("inproc")) SKIP("ZeroMQ does not compare patterns on inproc");
  context ctx;
  socket in(ctx, role::pull, any_endpoint(), {});
  socket wrong(ctx, role::publisher, {}, in.bound().front());
  CHECK(mentions(next(wrong, kind::peer_rejected).detail, "pattern"));
}

TEST_CASE("connecting where nobody listens is reported and repeated") {
  if (on("inproc")) SKIP("on inproc nothing is attempted until the other side binds");
  context ctx;
  socket out(ctx, role::push, {}, known_endpoint(), {.reconnect_min = std::chrono::milliseconds(10)});
  next(out, kind::connect_failed);
  next(out, kind::connect_failed);
}

}  // namespace wye::test
