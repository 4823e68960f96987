// Stopping a device loses nothing: it takes nothing new, delivers what it has, and says how it ended.
#include <iostream>
#include <thread>

#include <wye/devices/streamer.hpp>
#include <wye/wye.hpp>

using namespace std::chrono_literals;

int main() {
  wye::context ctx;
  wye::streamer line{ctx, {.common = {.frontend = "tcp://127.0.0.1:0", .backend = "tcp://127.0.0.1:0"}}};
  wye::result<void> ended;
  std::jthread running([&](std::stop_token stop) { ended = line.run(stop); });

  wye::puller<std::string> sink{ctx, {.connect = line.bound("backend")}};
  {
    wye::pusher<std::string> source{ctx, {.connect = line.bound("frontend")}};
    for (int i = 0; i < 100; ++i) source.send("part", 10s).value();
  }  // closing waits until all is on its way
  int got = 0;
  while (got < 10 && sink.recv(10s)) ++got;

  line.drain(10s);
  while (got < 100 && sink.recv(10s)) ++got;
  running.join();
  const auto passed = line.statistics().forward.passed;
  std::cout << (ended ? "drained" : ended.error().message()) << ": passed " << passed << ", got " << got << '\n';
}
