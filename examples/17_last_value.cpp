// A subscriber that comes late gets the last value of each topic at once: a forwarder remembers it.
#include <iostream>
#include <thread>

#include <wye/devices/forwarder.hpp>
#include <wye/wye.hpp>

using namespace std::chrono_literals;

int main() {
  wye::context ctx;
  wye::forwarder cache{
      ctx, {.common = {.frontend = "tcp://127.0.0.1:0", .backend = "tcp://127.0.0.1:0"}, .last_value = true}};
  const std::jthread running([&](std::stop_token stop) { (void)cache.run(stop); });

  wye::publisher<std::string> sensor{ctx, {.connect = cache.bound("frontend")}};
  wye::subscriber<std::string> early{ctx, {.connect = cache.bound("backend"), .topics = {"temperature."}}};
  sensor.wait_for_subscribers(1, 10s).value();
  for (const char* value : {"19.5", "20.0", "20.5"}) {
    sensor.send("temperature.hall", value).value();
    std::cout << "early: " << early.recv(10s).value().body << '\n';
  }

  wye::subscriber<std::string> late{ctx, {.connect = cache.bound("backend"), .topics = {"temperature."}}};
  std::cout << "late:  " << late.recv(10s).value().body << '\n';  // nothing was sent since
}
