// A worker process dies in the middle of a request; the queue device gives the request to another.
#include <sys/wait.h>
#include <unistd.h>

#include <iostream>
#include <thread>

#include <wye/devices/queue.hpp>
#include <wye/wye.hpp>

using namespace std::chrono_literals;

[[noreturn]] void die_at_work(const char* queue) {
  wye::context ctx;
  wye::raw_replier worker{ctx, {.connect = queue}};  // registers with the queue by itself
  (void)worker.recv();
  _exit(1);  // as if killed: no answer, no goodbye
}

int main() {
  const pid_t doomed = fork();  // before this process has threads
  if (doomed == 0) die_at_work("ipc://workers");

  wye::context ctx;
  wye::queue queue{ctx, {.common = {.frontend = "ipc://clients", .backend = "ipc://workers"}}};
  const std::jthread running([&](std::stop_token stop) { (void)queue.run(stop); });

  wye::requester<std::string, std::string> client{ctx, {.connect = "ipc://clients", .retry = {.attempts = 1}}};
  client.wait_for_peers(1, 10s).value();
  const auto request = client.send("sweep the floor", 10s).value();
  waitpid(doomed, nullptr, 0);  // it took the request with it
  std::cout << "the first worker is dead\n";

  wye::replier<std::string, std::string> second{ctx, {.connect = "ipc://workers"}};
  const std::jthread working(
      [&](std::stop_token stop) { (void)second.serve([](const std::string& job) { return job + ": done"; }, stop); });
  std::cout << client.recv(request).value() << '\n';
  std::cout << "given out again: " << queue.statistics().details.at("redispatched") << '\n';
}
