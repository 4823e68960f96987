// The ZeroMQ guide's Lazy Pirate: a server that loses requests, a client that asks again. Nothing wedges.
#include <iostream>
#include <thread>

#include <wye/wye.hpp>

using namespace std::chrono_literals;

void lose_two_of_three(wye::router& server, std::stop_token stop) {
  for (int copy = 1;; ++copy) {
    auto request = server.recv(wye::deadline::never(), stop);
    if (!request) return;
    if (copy % 3 == 0) (void)server.send(request->identity, request->body);  // an echo; its envelope finds the way
  }
}

void ask(wye::context& ctx, const char* endpoint) {
  wye::router server{ctx, {.bind = endpoint}};
  const std::jthread serving([&](std::stop_token stop) { lose_two_of_three(server, stop); });

  wye::requester<std::string, std::string> client{
      ctx,
      {.connect = server.bound().front(),
       .retry = {.attempts = 100, .attempt_timeout = 50ms, .backoff = 10ms, .max_backoff = 50ms}}};
  for (const char* question : {"are you there?", "and now?"})
    std::cout << client.call(question, 10s).value() << '\n';  // one deadline over all attempts
  std::cout << "asked again: " << (client.retries() >= 4 ? "at least 4 times" : "too seldom") << '\n';
}

int main() {
  wye::context ctx;
  ask(ctx, "tcp://127.0.0.1:0");
  ask(ctx, "nng+tcp://127.0.0.1:0");
}
