// Putting twice stores once: an importer that was interrupted begins again from its first line.
#include <iostream>
#include <thread>

#include <wye/devices/named_queues.hpp>
#include <wye/wye.hpp>

using namespace std::chrono_literals;

// Reads `lines` of a file into the queue; the id of each is the file's name and the line's number.
void import(wye::context& ctx, const wye::endpoint& at, int lines) {
  int stored = 0, known = 0;
  const auto count = [&](const wye::put_outcome& what) { ++(what.receipt.value().duplicate ? known : stored); };
  wye::producer<std::string> into{ctx, {.connect = at, .queue = "lines", .on_outcome = count}};
  for (int line = 1; line <= lines; ++line)
    into.send("line " + std::to_string(line), {.dedup_id = "file.txt:" + std::to_string(line)}).value();
  into.flush(30s).value();
  std::cout << stored << " stored, " << known << " known already\n";
}

int main() {
  wye::context ctx;
  wye::named_queues device(ctx, {.common = {.frontend = "tcp://127.0.0.1:0"}});
  const std::jthread running([&](std::stop_token stop) { (void)device.run(stop); });
  import(ctx, device.bound("frontend"), 70);   // interrupted here
  import(ctx, device.bound("frontend"), 100);  // and begun again

  wye::queue_admin admin{ctx, {.connect = device.bound("frontend")}};
  std::cout << "in the queue: " << admin.stat("lines", 30s).value().counts.ready << '\n';
}
