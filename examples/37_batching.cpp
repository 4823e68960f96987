// Small messages travel together while there are many: the sender asks for it, the receiver need not know.
#include <iostream>
#include <thread>

#include <wye/msgpack.hpp>
#include <wye/wye.hpp>

using namespace std::chrono_literals;

constexpr int many = 100'000;

void flood(wye::context& ctx, const char* endpoint) {
  wye::puller<int> in{ctx, {.bind = endpoint}};
  const std::jthread sender([&ctx, to = in.bound().front().str()] {
    wye::pusher<int> out{ctx, {.connect = to, .socket = {.send_queue = 10'000, .batch = wye::batching::usual()}}};
    for (int n = 1; n <= many; ++n) out.send(n, 10s).value();
  });

  long sum = 0;
  for (int i = 0; i < many; ++i) sum += in.recv(10s).value();  // one by one
  std::cout << in.core().ledger().received << " messages, sum " << sum << '\n';
}

// Nothing waits while there is little to send: each of these goes at once, and alone.
void to_and_fro(wye::context& ctx, const std::string& endpoint) {
  wye::pair<std::string> left{ctx, {.bind = endpoint + "?batch"}};  // the same, said in the endpoint
  wye::pair<std::string> right{ctx, {.connect = left.bound().front().str() + "?batch=16384,100us"}};
  for (const char* word : {"ping", "pong"}) {
    left.send(word, 10s).value();
    std::cout << right.recv(10s).value() << ' ';
  }
  std::cout << '\n';
}

int main() {
  wye::context ctx;
  for (const char* endpoint : {"tcp://127.0.0.1:0", "nng+tcp://127.0.0.1:0"}) {
    flood(ctx, endpoint);
    to_and_fro(ctx, endpoint);
  }
}
