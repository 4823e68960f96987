// A worker that fails gives its message back; after two attempts it goes to the dead letters, and can be sent again.
#include <iostream>
#include <thread>

#include <wye/devices/named_queues.hpp>
#include <wye/wye.hpp>

using namespace std::chrono_literals;

int main() {
  wye::context ctx;
  wye::named_queues device(ctx, {.common = {.frontend = "tcp://127.0.0.1:0"}});
  const std::jthread running([&](std::stop_token stop) { (void)device.run(stop); });
  const wye::endpoint at = device.bound("frontend");

  wye::queue_admin admin{ctx, {.connect = at}};
  admin.declare("bills", {.max_deliver = 2}, 30s).value();
  wye::producer<std::string> sender{ctx, {.connect = at, .queue = "bills"}};
  for (const char* bill : {"100", "a hundred", "garbage"}) sender.put(bill, {}, 30s).value();

  wye::consumer<std::string> worker{ctx, {.connect = at, .queue = "bills", .prefetch = 1}};
  for (int i = 0; i < 4; ++i) {
    auto bill = worker.next(30s).value();
    std::cout << "attempt " << bill.info.attempt << " of '" << bill.body << "': ";
    if (bill.body == "100") std::cout << "paid\n", bill.ack().value();
    else if (bill.body == "garbage") std::cout << "rejected\n", bill.reject("no bill at all").value();
    else std::cout << "failed\n", bill.nack().value();
  }
  worker.flush(30s).value();

  // What is confirmed is that they go; they arrive a moment later.
  auto letters = admin.peek("bills.dead", 0, 10, 30s).value();
  while (letters.size() < 2) letters = admin.peek("bills.dead", 0, 10, 30s).value();
  for (const auto& dead : letters) {
    const auto& from = dead.info.origin.value();
    std::cout << "dead: '" << dead.body.text() << "' of " << from.queue << ", " << from.reason << ": " << from.text
              << '\n';
  }
  std::cout << "sent back: " << admin.redrive("bills.dead", {.count = 1}, 30s).value() << '\n';
  std::cout << "once more: '" << worker.next(30s).value().body << "'\n";
}
