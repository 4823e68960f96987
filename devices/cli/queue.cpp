// wye queue: clients in front, workers behind.
#include <wye/devices/queue.hpp>

#include "device_process.hpp"
#include "leave.hpp"
#include "links.hpp"

namespace wye::cli {
namespace {

class queue_verb final : public verb {
 public:
  [[nodiscard]] description about() const override {
    return {
        .name = "queue",
        .group = "Devices",
        .summary = "requests in front, workers behind, the least busy first",
        .usage = "--frontend URL… --backend URL… [--backend-plain URL…]",
        .text =
            "Gives each request of the frontend to the least busy worker of the backend, and its answer back. `wye "
            "rep\n"
            "--connect` is such a worker; those that know nothing of Wye connect to --backend-plain. Requests of a\n"
            "worker that dies go to another. SIGTERM lets what was taken be answered, and ends.",
        .examples =
            "  wye queue --frontend tcp://*:5560 --backend tcp://*:5561\n"
            "  wye queue --frontend tcp://*:5560 nng+tcp://*:5570 --backend tcp://*:5561 --backend-plain tcp://*:5562"};
  }

  void options(CLI::App& to) override {
    process_.options(to);
    process_.plain_options(to);
    to.add_option("--heartbeat", heartbeat_, "Heartbeats to workers; one silent for 3 of them is given up; default 1s")
        ->type_name("TIME");
    to.add_option("--expiry", expiry_, "How long a request may live in the device; default 30s")->type_name("TIME");
  }

  int run(session& in) override {
    queue_options o{.common = process_.common(),
                    .backend_plain = process_.plain(),
                    .backend_plain_connect = process_.plain_connect()};
    if (!heartbeat_.empty()) o.heartbeat = milliseconds_of(heartbeat_, "--heartbeat");
    if (!expiry_.empty()) o.request_expiry = milliseconds_of(expiry_, "--expiry");
    queue device(in.ctx, o);
    return process_.run(in, device);
  }

 private:
  device_process process_;
  std::string heartbeat_;
  std::string expiry_;
};

}  // namespace

std::unique_ptr<verb> make_queue() { return std::make_unique<queue_verb>(); }

}  // namespace wye::cli
