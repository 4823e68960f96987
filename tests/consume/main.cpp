// What somebody else's program looks like: one message through each engine.
#include <chrono>
#include <cstdio>
#include <string>

#include <wye/wye.hpp>

namespace {

void deliver(wye::context& ctx, const char* where) {
  using namespace std::chrono_literals;
  wye::puller<std::string> sink{ctx, {.bind = where}};
  wye::pusher<std::string> source{ctx, {.connect = sink.bound().front()}};
  source.send("hello", 5s).value();
  std::puts(sink.recv(5s).value().c_str());
}

}  // namespace

int main() {
  wye::context ctx;
  deliver(ctx, "tcp://127.0.0.1:0");
  deliver(ctx, "nng+tcp://127.0.0.1:0");
}
