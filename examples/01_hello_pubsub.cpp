// One to many, by topic. The endpoint picks the engine; the rest of the code is the same.
#include <iostream>

#include <wye/wye.hpp>

using namespace std::chrono_literals;

void hello(wye::context& ctx, const char* endpoint) {
  wye::publisher<std::string> weather{ctx, {.bind = endpoint}};  // port 0: any free one
  wye::subscriber<std::string> oslo{ctx, {.connect = weather.bound().front(), .topics = {"weather.oslo"}}};
  weather.wait_for_subscribers(1, 10s).value();  // nothing is lost to a subscriber that is late

  weather.send("weather.rome", "sunshine").value();  // nobody asked for it
  weather.send("weather.oslo", "light snow").value();

  auto [topic, text] = oslo.recv(10s).value();
  std::cout << topic << ": " << text << '\n';
}

int main() {
  wye::context ctx;                     // one for each process
  hello(ctx, "tcp://127.0.0.1:0");      // ZeroMQ
  hello(ctx, "nng+tcp://127.0.0.1:0");  // NNG
}
