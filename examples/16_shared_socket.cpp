// Several threads, one socket: wye::shared lets them take turns.
#include <iostream>
#include <thread>
#include <vector>

#include <wye/msgpack.hpp>
#include <wye/wye.hpp>

using namespace std::chrono_literals;

void count(wye::context& ctx, const char* endpoint) {
  wye::puller<int> adder{ctx, {.bind = endpoint}};
  wye::shared<wye::pusher<int>> out{ctx, wye::pattern_options{.connect = adder.bound().front()}};
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&out] {
      for (int n = 1; n <= 100; ++n) out.send(n, 10s).value();
    });

  int sum = 0;
  for (int i = 0; i < 400; ++i) sum += adder.recv(10s).value();
  std::cout << sum << '\n';
}

int main() {
  wye::context ctx;
  count(ctx, "tcp://127.0.0.1:0");
  count(ctx, "nng+tcp://127.0.0.1:0");

  // Without it: whoever comes second is turned away, and nothing is corrupted.
  wye::puller<int> alone{ctx, {.bind = "tcp://127.0.0.1:0"}};
  const std::jthread owner([&](std::stop_token stop) {
    while (alone.recv(wye::deadline::never(), stop).code() == wye::errc::concurrent_use) continue;
  });
  while (alone.recv(wye::deadline::now()).code() != wye::errc::concurrent_use) continue;
  std::cout << "turned away\n";
}
