// A durable subscriber goes on where it acknowledged, also after the device was stopped and began anew on its store.
#include <unistd.h>

#include <filesystem>
#include <iostream>
#include <thread>

#include <wye/devices/log_forwarder.hpp>
#include <wye/logs.hpp>

using namespace std::chrono_literals;

namespace {

// Runs a device on the store in `folder` while `use` is called.
template <class Use>
void with_device(const std::string& folder, Use use) {
  wye::context ctx;
  wye::log_forwarder device{ctx,
                            {.common = {.frontend = "inproc://in", .backend = "inproc://out"},
                             .kept_in = wye::make_disk_store({.directory = folder})}};
  const std::jthread running([&](std::stop_token stop) { (void)device.run(stop); });
  use(ctx);
}

void read_two(wye::context& ctx) {
  wye::log_subscriber<std::string> archive{
      ctx,
      {.link = {.connect = "inproc://out"}, .from = {.at = wye::log_protocol::start::first}, .durable = "archive"}};
  for (int i = 0; i < 2; ++i) {
    const auto line = archive.recv(10s).value();
    std::cout << line.sequence << ": " << line.body << '\n';
    archive.ack(line);
  }
  archive.commit(10s).value();
}

}  // namespace

int main() {
  const std::string folder = std::filesystem::temp_directory_path() / ("wye-example-34-" + std::to_string(::getpid()));
  with_device(folder, [](wye::context& ctx) {
    wye::log_publisher<std::string> log{ctx, {.link = {.connect = "inproc://in"}}};
    for (const char* line : {"started", "working", "done", "stopped"}) log.send("app", line, 10s).value();
    read_two(ctx);
  });
  std::cout << "the device begins anew\n";
  with_device(folder, read_two);
  std::filesystem::remove_all(folder);
}
