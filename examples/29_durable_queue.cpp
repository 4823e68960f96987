// A named queue on disk: what was confirmed is there when the device begins anew.
#include <iostream>
#include <thread>

#include <wye/devices/named_queues.hpp>
#include <wye/wye.hpp>

using namespace std::chrono_literals;

int main() {
  wye::context ctx;
  const auto open = [&] {
    return wye::named_queues(
        ctx, {.common = {.frontend = "tcp://127.0.0.1:0"}, .kept_in = wye::make_disk_store({.directory = "orders"})});
  };
  {
    wye::named_queues device = open();
    const std::jthread running([&](std::stop_token stop) { (void)device.run(stop); });
    wye::producer<std::string> orders{ctx, {.connect = device.bound("frontend"), .queue = "orders"}};
    orders.put("3 apples", {}, 30s).value();  // waits for the confirmation
    orders.send("2 pears").value();           // many may be under way
    orders.send("1 melon", {.priority = 9}).value();
    orders.flush(30s).value();
    std::cout << "all confirmed: on disk\n";
  }
  wye::named_queues device = open();
  const std::jthread running([&](std::stop_token stop) { (void)device.run(stop); });
  wye::consumer<std::string> orders{ctx, {.connect = device.bound("frontend"), .queue = "orders"}};
  for (int i = 0; i < 3; ++i) {
    auto order = orders.next(30s).value();
    std::cout << order.body << '\n';
    order.ack().value();
  }
  orders.flush(30s).value();
  wye::queue_admin admin{ctx, {.connect = device.bound("frontend")}};
  std::cout << "left: " << admin.stat("orders", 30s).value().counts.ready << '\n';
}
