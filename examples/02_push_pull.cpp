// Jobs to workers: each message goes to one puller, and closing waits until everything accepted is on its way.
#include <iostream>

#include <wye/wye.hpp>

using namespace std::chrono_literals;

void hand_out(wye::context& ctx, const char* endpoint) {
  wye::puller<std::string> worker{ctx, {.bind = endpoint}};
  {
    wye::pusher<std::string> boss{ctx, {.connect = worker.bound().front()}};
    for (const char* job : {"wash", "dry", "fold"}) boss.send(job, 10s).value();  // waits for a peer with room
    boss.close(10s).value();
  }
  for (int i = 0; i < 3; ++i) std::cout << worker.recv(10s).value() << (i < 2 ? ", " : "\n");
}

int main() {
  wye::context ctx;
  hand_out(ctx, "tcp://127.0.0.1:0");
  hand_out(ctx, "nng+tcp://127.0.0.1:0");
}
