// The README's program.
#include <iostream>
#include <thread>
#include <wye/wye.hpp>
using namespace std::chrono_literals;

int main() {
  wye::context ctx;
  wye::replier<std::string, std::string> server{ctx, {.bind = "tcp://127.0.0.1:0"}};
  const std::jthread serving([&](std::stop_token stop) {
    (void)server.serve([](const std::string& name) { return "hello, " + name; }, stop);
  });
  wye::requester<std::string, std::string> client{ctx, {.connect = server.bound().front()}};
  std::cout << client.call("world", 10s).value() << '\n';  // one deadline over all attempts
}
