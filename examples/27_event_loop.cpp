// Wye inside somebody else's event loop: descriptors to poll, and the socket says whether it is ready.
#include <poll.h>

#include <iostream>
#include <vector>

#include <wye/wye.hpp>

using namespace std::chrono_literals;

// Stands for the loop of Qt, GLib, libuv …
void one_turn_of_your_loop(std::vector<pollfd>& fds) { (void)poll(fds.data(), fds.size(), -1); }

std::string receive_in_your_loop(wye::puller<std::string>& from) {
  wye::raw_socket& raw = *from.core().raw();
  // Ask before each poll: a descriptor may tell only once (ZeroMQ), and what it told may be nothing for us.
  while (!any(raw.ready(wye::events::readable))) {
    std::vector<pollfd> fds;
    raw.poll_fds(wye::events::readable, fds);
    one_turn_of_your_loop(fds);
  }
  return from.recv(wye::deadline::now()).value();
}

void run(wye::context& ctx, const char* endpoint) {
  wye::puller<std::string> in{ctx, {.bind = endpoint}};
  wye::pusher<std::string> out{ctx, {.connect = in.bound().front()}};
  for (const char* word : {"tick", "tock"}) out.send(word, 10s).value();
  std::cout << receive_in_your_loop(in) << ' ' << receive_in_your_loop(in) << '\n';
}

int main() {
  wye::context ctx;
  run(ctx, "tcp://127.0.0.1:0");
  run(ctx, "nng+tcp://127.0.0.1:0");
}
