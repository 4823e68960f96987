// A tap on a running device: it sees a copy of everything that passes.
#include <iostream>
#include <thread>

#include <wye/devices/streamer.hpp>
#include <wye/wye.hpp>

using namespace std::chrono_literals;

int main() {
  wye::context ctx;
  wye::streamer line{
      ctx,
      {.common = {.frontend = "tcp://127.0.0.1:0", .backend = "tcp://127.0.0.1:0", .capture = "tcp://127.0.0.1:0"}}};
  const std::jthread running([&](std::stop_token stop) { (void)line.run(stop); });

  wye::pusher<std::string> source{ctx, {.connect = line.bound("frontend")}};
  wye::puller<std::string> sink{ctx, {.connect = line.bound("backend")}};
  wye::subscriber<std::string> tap{ctx, {.connect = line.bound("capture"), .topics = {""}}};

  // A tap that joins a running line misses what passed before; so send until it sees something.
  do {
    source.send("first", 10s).value();
    std::ignore = sink.recv(10s).value();
  } while (!tap.recv(10ms));

  for (const char* part : {"wheel", "frame", "bell"}) {
    source.send(part, 10s).value();
    std::cout << "passed: " << sink.recv(10s).value() << '\n';
  }
  for (std::string seen; seen != "bell";) {
    seen = tap.recv(10s).value().body;
    if (seen != "first") std::cout << "tapped: " << seen << '\n';
  }
}
