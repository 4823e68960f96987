// Many questions under way at once; their answers are taken in any order.
#include <algorithm>
#include <iostream>
#include <thread>
#include <vector>

#include <wye/msgpack.hpp>
#include <wye/wye.hpp>

using namespace std::chrono_literals;

void square(wye::context& ctx, const char* endpoint) {
  wye::replier<int, int> server{ctx, {.bind = endpoint}};
  const std::jthread serving([&](std::stop_token stop) { (void)server.serve([](int n) { return n * n; }, stop); });

  wye::requester<int, int> client{ctx, {.connect = server.bound().front()}};
  std::vector<wye::ticket> tickets;
  for (int n = 1; n <= 5; ++n) tickets.push_back(client.send(n, 10s).value());  // does not wait for the answer

  std::reverse(tickets.begin(), tickets.end());
  for (const wye::ticket ticket : tickets) std::cout << client.recv(ticket).value() << ' ';
  std::cout << "- still in flight: " << client.raw().in_flight() << '\n';
}

int main() {
  wye::context ctx;
  square(ctx, "tcp://127.0.0.1:0");
  square(ctx, "nng+tcp://127.0.0.1:0");
}
