// Devices: the same sockets of raw libzmq at both ends, and in between, in its own process, zmq_proxy or a device of
// Wye. So that nothing may be lost, publishers wait for slow subscribers.
#include <functional>
#include <map>
#include <thread>

#include "side.hpp"
#include "zmq_socket.hpp"

namespace wye::bench {
namespace {

// A process beside this one, with a line to it; it ends when the line is hung up, or by itself.
class companion {
 public:
  explicit companion(const std::function<void(control&)>& work) : companion(work, control::pair()) {}
  control& line() { return line_; }
  /// Returns the seconds of processor time that it took.
  double stop() {
    line_.hang_up();
    return process_.join();
  }

 private:
  companion(const std::function<void(control&)>& work, std::pair<control, control> ends)
      : line_(std::move(ends.first)), process_([&] {
          line_.hang_up();
          work(ends.second);
        }) {}

  control line_;
  child process_;
};

// A device in a process of its own.
struct device_process {
  explicit device_process(const job& j)
      : process([&](control& line) { (j.side == "zmq_proxy" ? run_zmq_proxy : run_wye_device)(j, line); }) {
    const std::string both = process.line().hear();
    const std::size_t space = both.find(' ');
    frontend = both.substr(0, space);
    backend = both.substr(space + 1);
  }
  companion process;
  std::string frontend, backend;
};

// Sends to a device that passes messages one way, when `ready` says that they will arrive.
void feed(const job& j, control& line, int type, const std::string& to, const std::function<void(zmq_socket&)>& ready) {
  zmq_context ctx;
  zmq_socket source(ctx, type, j);
  if (type == ZMQ_XPUB) source.set(ZMQ_XPUB_NODROP, 1);
  source.connect(to);
  ready(source);
  send_for(j, [&](bytes body) { source.send(body); });
  line.part();
}

outcome measure_streamer(const job& j, const device_process& device) {
  companion source([&](control& line) { feed(j, line, ZMQ_PUSH, device.frontend, [](zmq_socket&) {}); });
  zmq_context ctx;
  zmq_socket sink(ctx, ZMQ_PULL, j);
  sink.connect(device.backend);
  const outcome out = receive_all(j, [&](auto take) { sink.recv_one(take); });
  source.line().part();
  source.stop();
  return out;
}

outcome measure_forwarder(const job& j, const device_process& device) {
  const auto subscribed = [](zmq_socket& source) { source.recv_one([](bytes) {}); };
  companion source([&](control& line) { feed(j, line, ZMQ_XPUB, device.frontend, subscribed); });
  zmq_context ctx;
  zmq_socket sink(ctx, ZMQ_SUB, j);
  sink.set(ZMQ_SUBSCRIBE, "");
  sink.connect(device.backend);
  const outcome out = receive_all(j, [&](auto take) { sink.recv_one(take); });
  source.line().part();
  source.stop();
  return out;
}

outcome measure_batched(const job& j, const device_process& device) {
  companion source([&](control& line) { feed_by_wye(j, line, device.frontend); });
  const outcome out = drain_by_wye(j, device.backend);
  source.line().part();
  source.stop();
  return out;
}

// A worker: REP that echoes until its context ends.
void echo(zmq_context& ctx, const job& j, const std::string& to) {
  zmq_socket rep(ctx, ZMQ_REP, j);
  rep.connect(to);
  zmq_frame body;
  while (zmq_msg_recv(body.raw(), rep.raw(), 0) >= 0) rep.send(body);
}

void run_zmq_workers(const job& j, control& line, const std::string& to, int count) {
  zmq_context ctx;
  std::vector<std::jthread> workers;
  for (int i = 0; i < count; ++i) workers.emplace_back([&] { guarded([&] { echo(ctx, j, to); }); });
  line.wait_for_hang_up();
  zmq_ctx_shutdown(ctx.raw);
}

companion start_workers(const job& j, const std::string& to, int count) {
  const auto run = j.side == "wye-workers" ? run_wye_workers : run_zmq_workers;
  return companion([&](control& line) { run(j, line, to, count); });
}

// Keeps 100 requests on their way.
outcome ask_many(const job& j, zmq_socket& to) {
  source_buffer source(j);
  tally count(j);
  std::uint64_t n = 0;
  const auto ask = [&](std::uint64_t total) {
    zmq_frame empty;
    to.send(empty, ZMQ_SNDMORE);
    to.send(source.stamp(n++, total));
  };
  const auto take = [&] {
    to.recv_one([](bytes) {});
    to.recv_one([&](bytes body) { count.take(body); });
  };
  for (const auto end = end_of(j); clock::now() < end; ask(0))
    if (n >= 100) take();
  ask(n);
  while (!count.complete()) take();
  return count.close();
}

outcome measure_queue(const job& j, const device_process& device) {
  companion workers = start_workers(j, device.backend, 2);
  zmq_context ctx;
  zmq_socket client(ctx, ZMQ_DEALER, j);
  client.connect(device.frontend);
  const outcome out = ask_many(j, client);
  workers.stop();
  return out;
}

struct socket_types {
  int front, back;
};
const std::map<std::string, socket_types> proxied{
    {"forwarder", {ZMQ_XSUB, ZMQ_XPUB}}, {"queue", {ZMQ_ROUTER, ZMQ_DEALER}}, {"streamer", {ZMQ_PULL, ZMQ_PUSH}}};

}  // namespace

void run_zmq_proxy(const job& j, control& line) {
  const socket_types types = proxied.at(j.device);
  zmq_context ctx;
  zmq_socket front(ctx, types.front, j);
  zmq_socket back(ctx, types.back, j);
  if (types.back == ZMQ_XPUB) back.set(ZMQ_XPUB_NODROP, 1);
  line.say(front.bind(j.address("front")) + " " + back.bind(j.address("back")));
  const std::jthread stopping([&] {
    line.wait_for_hang_up();
    zmq_ctx_shutdown(ctx.raw);
  });
  zmq_proxy(front.raw(), back.raw(), nullptr);
}

outcome measure_device(const job& j) {
  device_process device(j);
  outcome out;
  if (j.batch) out = measure_batched(j, device);
  else if (j.device == "streamer") out = measure_streamer(j, device);
  else if (j.device == "forwarder") out = measure_forwarder(j, device);
  else out = measure_queue(j, device);
  out.cpu = device.process.stop();
  return out;
}

outcome measure_hop(const job& j) {
  job queued = j;
  queued.device = "queue";
  device_process device(queued);
  companion workers = start_workers(j, device.backend, 1);
  zmq_context ctx;
  zmq_socket client(ctx, ZMQ_REQ, j);
  client.connect(device.frontend);
  outcome out = call_for(j, [&](bytes body, auto take) {
    client.send(body);
    client.recv_one(take);
  });
  workers.stop();
  out.cpu = device.process.stop();
  return out;
}

}  // namespace wye::bench
