// wye forwarder: publishers in front, subscribers behind.
#include <wye/devices/forwarder.hpp>

#include "device_process.hpp"

namespace wye::cli {
namespace {

class forwarder_verb final : public verb {
 public:
  [[nodiscard]] description about() const override {
    return {
        .name = "forwarder",
        .group = "Devices",
        .summary = "publishers in front, subscribers behind",
        .usage = "--frontend URL… --backend URL… [--last-value]",
        .text =
            "Passes on what is published at the frontend to the subscribers at the backend. Their subscriptions "
            "travel\n"
            "upstream, so that what nobody wants is never sent. With --last-value a new subscriber gets the last\n"
            "message of each of its topics at once. SIGTERM delivers what is in hand, and ends.",
        .examples =
            "  wye forwarder --frontend tcp://*:5556 --backend tcp://*:5557\n"
            "  wye forwarder --frontend-connect tcp://a:5556 tcp://b:5556 --backend nng+ws://*:8080/feed --last-value"};
  }

  void options(CLI::App& to) override {
    process_.options(to);
    to.add_flag("--last-value", last_value_, "Send a new subscriber the last message of each of its topics");
  }

  int run(session& in) override {
    forwarder device(in.ctx, {.common = process_.common(), .last_value = last_value_});
    return process_.run(in, device);
  }

 private:
  device_process process_;
  bool last_value_ = false;
};

}  // namespace

std::unique_ptr<verb> make_forwarder() { return std::make_unique<forwarder_verb>(); }

}  // namespace wye::cli
