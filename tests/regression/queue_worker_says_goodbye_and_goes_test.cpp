// A worker of a queue that said goodbye and went at once was counted as lost now and then, and what it had answered
// just before could be given to another: its connection's end was seen before its last words were heard.
#include <doctest/doctest.h>

#include <wye/devices/queue.hpp>
#include <wye/envelope.hpp>

#include "unit/devices/running.hpp"

using namespace wye;
using namespace wye::test;

namespace {

constexpr std::uint64_t many = 1500;  // more than a queue hears in one turn, so that the goodbye is left for the next

queue_options roomy(const way& w) {
  queue_options o{.common = {.frontend = w.front, .backend = w.back}, .heartbeat = 1h};
  o.common.backend_socket.receive_queue = 2 * many;
  return o;
}

bool has_peers(const device& d, std::size_t n) {
  return eventually([&] { return side_of(d.statistics(), "backend").peers == n; });
}

// Registers, says much, and goodbye, and is gone: a router on ZeroMQ, a dealer on NNG.
void come_and_go(context& ctx, const device& d) {
  const endpoint& to = d.bound("backend");
  socket worker(ctx, to.engine == "nng" ? role::dealer : role::router, {}, to,
                {.send_queue = 2 * many, .linger = patience});
  const message greeting = worker.recv(patience).value();
  CHECK(has_peers(d, 1));
  const auto say = [&](frame what) {
    message m = greeting;
    m.push_back(std::move(what));
    worker.send(m, patience).value();
  };
  say(envelope::make_control(envelope::control::ready, 1).pop_front());
  for (std::uint64_t i = 0; i < many; ++i) say(frame::copy_of("nonsense"));
  say(envelope::make_control(envelope::control::goodbye).pop_front());
}

}  // namespace

TEST_CASE("a worker that says goodbye and goes at once is not lost") {
  for (const way& w : {zmq_inproc, nng_inproc, nng_tcp}) {  // on ZeroMQ nobody is greeted before the device runs
    CAPTURE(w.back);
    context ctx;
    queue d(ctx, roomy(w));
    come_and_go(ctx, d);
    CHECK(has_peers(d, 0));
    running run(d);
    CHECK(eventually([&] { return d.statistics().backward[drop_reason::malformed] == many; }));
    CHECK(eventually([&] { return d.statistics().details.at("workers") == 0; }));
    CHECK(d.statistics().details.at("workers_lost") == 0);
  }
}
