// Two peers, both ways, neither is the server: here two threads.
#include <iostream>
#include <thread>

#include <wye/wye.hpp>

using namespace std::chrono_literals;

void play(wye::context& ctx, const char* endpoint) {
  wye::pair<std::string> left{ctx, {.bind = endpoint}};
  const std::jthread other([&ctx, at = left.bound().front()](std::stop_token stop) {
    wye::pair<std::string> right{ctx, {.connect = at}};
    for (const std::string& said : right.until(stop)) right.send(said + " pong", 10s).value();
  });

  left.send("ping", 10s).value();
  std::cout << left.recv(10s).value() << '\n';
}

int main() {
  wye::context ctx;
  play(ctx, "inproc://table");  // between threads of one process
  play(ctx, "nng+inproc://table");
}
