// A client on NNG asks a server on ZeroMQ: the bridge joins the two wires, errors and retries included.
#include <iostream>
#include <thread>

#include <wye/devices/bridge.hpp>
#include <wye/wye.hpp>

using namespace std::chrono_literals;

wye::result<std::string> divide_100_by(const std::string& text) {
  const int n = std::stoi(text);
  if (n == 0) return wye::failure(wye::errc::remote, "I do not divide by zero");
  return std::to_string(100 / n);
}

int main() {
  wye::context ctx;
  wye::bridge bridge{ctx,
                     {.pattern = wye::bridge_pattern::reqrep,
                      .common = {.frontend = "nng+tcp://127.0.0.1:0", .backend = "tcp://127.0.0.1:0"}}};
  const std::jthread running([&](std::stop_token stop) { (void)bridge.run(stop); });

  wye::replier<std::string, std::string> server{ctx, {.connect = bridge.bound("backend")}};
  const std::jthread serving([&](std::stop_token stop) { (void)server.serve(divide_100_by, stop); });

  wye::requester<std::string, std::string> client{ctx, {.connect = bridge.bound("frontend")}};
  std::cout << "100 / 7 = " << client.call("7", 10s).value() << '\n';
  std::cout << "100 / 0: " << client.call("0", 10s).error().message() << '\n';
}
