// One thread waits for everything: a timer, sockets of both engines, and a plain file descriptor.
// Each wakes the next: timer -> ZeroMQ -> NNG -> pipe -> stop.
#include <unistd.h>

#include <array>
#include <iostream>

#include <wye/wye.hpp>

using namespace std::chrono_literals;

int main() {
  wye::context ctx;
  wye::puller<std::string> zmq_in{ctx, {.bind = "tcp://127.0.0.1:0"}};
  wye::puller<std::string> nng_in{ctx, {.bind = "nng+tcp://127.0.0.1:0"}};
  wye::pusher<std::string> zmq_out{ctx, {.connect = zmq_in.bound().front()}};
  wye::pusher<std::string> nng_out{ctx, {.connect = nng_in.bound().front()}};
  std::array<int, 2> pipe_ends{};
  if (pipe(pipe_ends.data()) != 0) return 71;

  wye::poller poller;
  poller.add_once(1ms, [&] {
    std::cout << "timer\n";
    zmq_out.send("ZeroMQ", 10s).value();
  });
  poller.add(zmq_in.core(), wye::events::readable, [&](wye::events) {
    std::cout << zmq_in.recv(10s).value() << '\n';
    nng_out.send("NNG", 10s).value();
  });
  poller.add(nng_in.core(), wye::events::readable, [&](wye::events) {
    std::cout << nng_in.recv(10s).value() << '\n';
    if (write(pipe_ends[1], "x", 1) != 1) poller.stop();
  });
  poller.add(pipe_ends[0], POLLIN, [&](short) {
    std::cout << "pipe\n";
    poller.stop();
  });
  poller.run();
  for (const int end : pipe_ends) close(end);
}
