// A question and its answer, under one deadline.
#include <iostream>
#include <thread>

#include <wye/wye.hpp>

using namespace std::chrono_literals;

void ask(wye::context& ctx, const char* endpoint) {
  wye::replier<std::string, std::string> server{ctx, {.bind = endpoint}};
  const std::jthread serving([&](std::stop_token stop) {
    (void)server.serve([](const std::string& name) { return "hello, " + name; }, stop);
  });

  wye::requester<std::string, std::string> client{ctx, {.connect = server.bound().front()}};
  std::cout << client.call("world", 10s).value() << '\n';
}  // the thread is asked to stop, and joined

int main() {
  wye::context ctx;
  ask(ctx, "tcp://127.0.0.1:0");
  ask(ctx, "nng+tcp://127.0.0.1:0");
}
