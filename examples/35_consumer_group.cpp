// A consumer group: its members share the partitions of a stream, and the order of each key holds.
#include <iostream>
#include <map>
#include <thread>

#include <wye/devices/log_forwarder.hpp>
#include <wye/logs.hpp>

using namespace std::chrono_literals;

int main() {
  wye::context ctx;
  wye::log_forwarder device{ctx, {.common = {.frontend = "inproc://orders", .backend = "inproc://out"}}};
  const std::jthread running([&](std::stop_token stop) { (void)device.run(stop); });
  const wye::log_link_options link{.connect = "inproc://orders"};

  wye::log_admin admin{ctx, link};
  admin.declare("orders", {.match = {"order.#"}, .partitions = 4}, 10s).value();

  const wye::log_subscriber_options member{.link = link, .stream = "orders", .group = "billing"};
  wye::log_subscriber<std::string> first{ctx, member}, second{ctx, member};
  while (first.raw().partitions().size() != 2 || second.raw().partitions().size() != 2)
    (void)first.recv(10ms), (void)second.recv(10ms);
  std::cout << first.raw().partitions().size() << " + " << second.raw().partitions().size() << " partitions\n";

  wye::log_publisher<std::string> shop{ctx, {.link = link}};
  for (const char* step : {"placed", "paid", "sent"})
    for (const char* customer : {"ann", "bob", "cid", "dee", "eve", "fay"})
      shop.send("order." + std::string(customer), step, 10s).value();

  std::map<std::string, std::string> seen;  // by customer
  for (int i = 0; i < 18;) {
    for (auto* worker : {&first, &second})
      while (const auto order = worker->recv(10ms)) {
        seen[order->topic] += order->body + " ";
        worker->ack(*order);
        ++i;
      }
  }
  for (const auto& [customer, steps] : seen) std::cout << customer << ": " << steps << '\n';
}
