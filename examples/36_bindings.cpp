// A binding: what is published feeds a named queue, whose consumers share the work; each message once.
#include <iostream>
#include <thread>

#include <wye/consumer.hpp>
#include <wye/devices/log_forwarder.hpp>
#include <wye/devices/named_queues.hpp>
#include <wye/logs.hpp>
#include <wye/queue_admin.hpp>

using namespace std::chrono_literals;

int main() {
  wye::context ctx;
  wye::log_forwarder topics{ctx, {.common = {.frontend = "inproc://topics", .backend = "inproc://live"}}};
  wye::named_queues queues{ctx, {.common = {.frontend = "inproc://queues"}}};
  const std::jthread first([&](std::stop_token stop) { (void)topics.run(stop); });
  const std::jthread second([&](std::stop_token stop) { (void)queues.run(stop); });

  wye::queue_admin{ctx, {.connect = "inproc://queues"}}.declare("bills", {}, 10s).value();
  wye::log_admin admin{ctx, {.connect = "inproc://topics"}};
  const wye::binding_settings orders{
      .to = "inproc://queues", .queue = "bills", .how = wye::routing::topic, .match = {"order.#"}};
  admin.bind("billing", orders, {.at = wye::log_protocol::start::first}, 10s).value();

  wye::log_publisher<std::string> shop{ctx, {.link = {.connect = "inproc://topics"}}};
  shop.send("order.new", "two books", 10s).value();
  shop.send("news", "we have books", 10s).value();
  shop.send("order.changed", "three books", 10s).value();

  wye::consumer<std::string> billing{ctx, {.connect = "inproc://queues", .queue = "bills"}};
  for (int i = 0; i < 2; ++i) {
    auto job = billing.next(10s).value();
    std::cout << job.info.properties.headers.at("topic") << ": " << job.body << '\n';
    job.ack().value();
  }
  while (admin.bindings(10s).value().front().lag > 0) std::this_thread::yield();
  std::cout << admin.bindings(10s).value().front().put << " put\n";
}
