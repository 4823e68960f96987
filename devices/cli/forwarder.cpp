// wye forwarder: publishers in front, subscribers behind.
#include <wye/devices/forwarder.hpp>
#include <wye/devices/log_forwarder.hpp>

#include "command_line.hpp"
#include "device_process.hpp"
#include "leave.hpp"
#include "store_place.hpp"

namespace wye::cli {
namespace {

class forwarder_verb final : public verb {
 public:
  [[nodiscard]] description about() const override {
    return {
        .name = "forwarder",
        .group = "Devices",
        .summary = "publishers in front, subscribers behind",
        .usage = "--frontend URL… --backend URL… [--last-value] [--store DIR]",
        .text =
            "Passes on what is published at the frontend to the subscribers at the backend. Their subscriptions "
            "travel\n"
            "upstream, so that what nobody wants is never sent. With --last-value a new subscriber gets the last\n"
            "message of each of its topics at once. SIGTERM delivers what is in hand, and ends.\n"
            "\n"
            "With --store it keeps everything first, and replays it to `wye sub --from`; `wye pub --confirm` is told\n"
            "when a message is kept. Those connect to the same URLs: the log listens beside them (tcp: port + 10000;\n"
            "ipc, inproc: .log at the end), or at --log. Plain publishers and subscribers need not know of it.\n"
            "--log without --store keeps everything in memory.",
        .examples =
            "  wye forwarder --frontend tcp://*:5556 --backend tcp://*:5557\n"
            "  wye forwarder --frontend tcp://*:5556 --backend tcp://*:5557 --store /var/lib/quotes\n"
            "  wye forwarder --frontend-connect tcp://a:5556 tcp://b:5556 --backend nng+ws://*:8080/feed --last-value"};
  }

  void options(CLI::App& to) override {
    process_.options(to);
    to.add_flag("--last-value", last_value_, "Send a new subscriber the last message of each of its topics");
    place_.options(to, "Log", "everything that is published");
    add_endpoints(to, "--log", log_,
                  "The log's clients come in here, instead of beside the other endpoints. Repeatable");
  }

  int run(session& in) override {
    if (place_.is_given() || !log_.empty()) return run_log(in);
    forwarder device(in.ctx, {.common = process_.common(), .last_value = last_value_});
    return process_.run(in, device);
  }

 private:
  int run_log(session& in) {
    const auto common = process_.common();
    log_forwarder device(in.ctx, {.common = common,
                                  .kept_in = place_.open(in),
                                  .log = log_,
                                  .log_socket = common.backend_socket,
                                  .sync = place_.sync(),
                                  .last_value = last_value_});
    return process_.run(in, device);
  }

  device_process process_;
  store_place place_;
  std::vector<std::string> log_;
  bool last_value_ = false;
};

}  // namespace

std::unique_ptr<verb> make_forwarder() { return std::make_unique<forwarder_verb>(); }

}  // namespace wye::cli
