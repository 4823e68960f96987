// A device of named queues, and a client in Python (32_python_queue.py): a consumer killed in the midst of its work.
#include <iostream>
#include <thread>

#include <wye/devices/named_queues.hpp>
#include <wye/wye.hpp>

using namespace std::chrono_literals;

int main() {
  wye::context ctx;
  wye::named_queues device(ctx, {.common = {.frontend = "ipc://queues"}});
  const std::jthread running([&](std::stop_token stop) { (void)device.run(stop); });
  // The script tells in the queue `report` what it sees.
  wye::consumer<std::string> report{ctx, {.connect = "ipc://queues", .queue = "report"}};
  for (;;) {
    auto line = report.next(60s).value();
    line.ack().value();
    if (line.body == "end") break;
    std::cout << line.body << '\n';
  }
  report.flush(30s).value();
  wye::queue_admin admin{ctx, {.connect = "ipc://queues"}};
  const auto jobs = admin.stat("jobs", 30s).value().counts;
  std::cout << jobs.put << " put, " << jobs.acked << " acknowledged, " << jobs.redelivered << " delivered again\n";
}
