// One publisher and 16 subscribers, none of whom may miss anything.
#include <wye/wye.hpp>

#include <thread>

#include "side.hpp"
#include "wye_options.hpp"
#include "zmq_socket.hpp"

namespace wye::bench {
namespace {

constexpr std::size_t subscribers = 16;

void publish_zmq(const job& j, control& line) {
  zmq_context ctx;
  zmq_socket to(ctx, ZMQ_XPUB, j);
  to.set(ZMQ_XPUB_NODROP, 1);
  to.set(ZMQ_XPUB_VERBOSE, 1);
  line.say(to.bind(j.address("pub")));
  for (std::size_t i = 0; i < subscribers; ++i) to.recv_one([](bytes) {});
  send_for(j, [&](bytes body) { to.send(body); });
  line.part();
}

outcome subscribe_zmq(const job& j, const std::string& at) {
  zmq_context ctx;
  zmq_socket from(ctx, ZMQ_SUB, j);
  from.set(ZMQ_SUBSCRIBE, std::string_view());
  from.connect(at);
  return receive_all(j, [&](auto take) { from.recv_one(take); });
}

void publish_shm(const job& j, control& line) {
  context ctx;
  socket_options options = options_of(j);
  options.overflow = overflow::block;
  socket to(ctx, role::publisher, j.address("pub"), {}, options);
  line.say(to.bound().front().str());
  to.wait_for_subscriptions(subscribers).value();
  send_for(j, [&](bytes body) { to.send(body).value(); });
  line.part();
}

outcome subscribe_shm(const job& j, const std::string& at) {
  context ctx;
  socket from(ctx, role::subscriber, options_of(j));
  from.subscribe({}).value();
  from.connect(at);
  message m;
  return receive_all(j, [&](auto take) {
    from.recv(m).value();
    take(m.front().bytes());
  });
}

// Together they have what each has; the slowest one says how long it took.
outcome subscribe_all(const job& j, control& line, outcome (*subscribe)(const job&, const std::string&)) {
  const std::string at = line.hear();
  std::vector<outcome> each(subscribers);
  {
    std::vector<std::jthread> threads;
    for (outcome& o : each) threads.emplace_back([&] { guarded([&] { o = subscribe(j, at); }); });
  }
  outcome all;
  for (const outcome& o : each) {
    all.messages += o.messages;
    all.seconds = std::max(all.seconds, o.seconds);
  }
  line.part();
  return all;
}

}  // namespace

outcome measure_fan_out(const job& j) {
  auto [ours, theirs] = control::pair();
  job there = j;
  const bool shm = j.side == "shm";
  if (shm) there.transport = "shm";
  child publisher([&, &theirs = theirs, &ours = ours] {
    ours.hang_up();
    shm ? publish_shm(there, theirs) : publish_zmq(there, theirs);
  });
  theirs.hang_up();
  const outcome out = subscribe_all(there, ours, shm ? subscribe_shm : subscribe_zmq);
  publisher.join();
  return out;
}

}  // namespace wye::bench
