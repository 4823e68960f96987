// The devices of Wye, each in the process that `device_process` starts for it.
#include <wye/devices/forwarder.hpp>
#include <wye/devices/queue.hpp>
#include <wye/devices/streamer.hpp>
#include <wye/reqrep.hpp>
#include <wye/socket.hpp>

#include <thread>

#include "side.hpp"
#include "wye_options.hpp"

namespace wye::bench {
namespace {

device_options common(const job& j) {
  socket_options socket = options_of(j);
  socket.overflow = overflow::block;
  return {.frontend = j.address("front"),
          .backend = j.address("back"),
          .frontend_socket = socket,
          .backend_socket = socket};
}

// `wye`: workers that are plain REP sockets; `wye-workers`: repliers that register.
queue_options queue_for(const job& j) {
  queue_options o{.common = common(j)};
  if (j.side == "wye") std::swap(o.backend_plain, o.common.backend);
  return o;
}

std::unique_ptr<device> make_device(context& ctx, const job& j) {
  if (j.device == "forwarder") return std::make_unique<forwarder>(ctx, forwarder_options{.common = common(j)});
  if (j.device == "streamer") return std::make_unique<streamer>(ctx, streamer_options{.common = common(j)});
  return std::make_unique<queue>(ctx, queue_for(j));
}

const char* back_of(const job& j) { return j.device == "queue" && j.side == "wye" ? "backend_plain" : "backend"; }

}  // namespace

void run_wye_device(const job& j, control& line) {
  context ctx;
  const auto device = make_device(ctx, j);
  line.say(device->bound("frontend").str() + " " + device->bound(back_of(j)).str());
  const std::jthread stopping([&] {
    line.wait_for_hang_up();
    device->stop();
  });
  (void)device->run();
}

// Messages of one frame, as the raw ends send them: to a publisher that is a topic alone.
void feed_by_wye(const job& j, control& line, const std::string& to) {
  context ctx;
  socket_options options = options_of(j);
  options.overflow = overflow::block;
  socket source(ctx, j.device == "forwarder" ? role::publisher : role::push, options);
  source.connect(to);
  if (source.as() == role::publisher) source.wait_for_subscriptions(1).value();
  send_for(j, [&](bytes body) { source.send(body).value(); });
  line.part();
}

outcome drain_by_wye(const job& j, const std::string& from) {
  context ctx;
  socket sink(ctx, j.device == "forwarder" ? role::subscriber : role::pull, options_of(j));
  if (sink.as() == role::subscriber) sink.subscribe({}).value();
  sink.connect(from);
  message m;
  return receive_all(j, [&](auto take) {
    sink.recv(m).value();
    take(m.front().bytes());
  });
}

void run_wye_workers(const job& j, control& line, const std::string& to, int count) {
  context ctx;
  std::stop_source stop;
  std::vector<std::jthread> workers;
  for (int i = 0; i < count; ++i)
    workers.emplace_back([&] {
      guarded([&] {
        replier<> echo(ctx, {.connect = to, .socket = options_of(j)});
        echo.serve([](message m) { return m; }, stop.get_token()).value();
      });
    });
  line.wait_for_hang_up();
  stop.request_stop();
}

}  // namespace wye::bench
