// A forwarder with a log: what was published before is replayed, then it goes on live, without gap or duplicate.
#include <iostream>
#include <thread>

#include <wye/devices/log_forwarder.hpp>
#include <wye/logs.hpp>

using namespace std::chrono_literals;

int main() {
  wye::context ctx;
  // .kept_in = wye::make_disk_store({.directory = "quotes"}) makes it outlive the process.
  wye::log_forwarder device{ctx, {.common = {.frontend = "inproc://quotes", .backend = "inproc://live"}}};
  const std::jthread running([&](std::stop_token stop) { (void)device.run(stop); });

  wye::log_publisher<std::string> quotes{ctx, {.link = {.connect = "inproc://quotes"}}};
  for (const char* price : {"1.08", "1.09", "1.10"}) {
    const auto kept = quotes.send("fx.eur", price, 10s).value();
    std::cout << "kept as " << kept.sequence << '\n';
  }

  wye::log_subscriber<std::string> late{
      ctx, {.link = {.connect = "inproc://live"}, .match = {"fx.*"}, .from = {.at = wye::log_protocol::start::first}}};
  for (int i = 0; i < 3; ++i) {
    const auto old = late.recv(10s).value();
    std::cout << "replayed " << old.sequence << ": " << old.topic << ' ' << old.body << '\n';
  }
  quotes.send("fx.usd", "0.92", 10s).value();
  const auto fresh = late.recv(10s).value();
  std::cout << "live " << fresh.sequence << ": " << fresh.topic << ' ' << fresh.body << '\n';
}
