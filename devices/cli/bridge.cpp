// wye bridge: ZeroMQ on one side, NNG on the other.
#include <wye/devices/bridge.hpp>

#include "device_process.hpp"

namespace wye::cli {
namespace {

const std::map<std::string, bridge_pattern>& patterns() {
  static const std::map<std::string, bridge_pattern> all = [] {
    std::map<std::string, bridge_pattern> names;
    for (const auto p : {bridge_pattern::pubsub, bridge_pattern::pushpull, bridge_pattern::reqrep,
                         bridge_pattern::routerdealer, bridge_pattern::pair})
      names.emplace(name_of(p), p);
    return names;
  }();
  return all;
}

class bridge_verb final : public verb {
 public:
  [[nodiscard]] description about() const override {
    return {.name = "bridge",
            .group = "Devices",
            .summary = "join sockets of ZeroMQ and NNG, in any pattern",
            .usage = "--pattern P --frontend URL… --backend URL…",
            .text =
                "Passes messages between the two engines, frames as they are. In front are publishers, pushers, "
                "requesters\n"
                "or dealers; behind are subscribers, pullers, repliers or routers; pair has one peer on each side. "
                "SIGTERM\n"
                "delivers what is in hand, and ends.",
            .examples =
                "  wye bridge --pattern pubsub --frontend-connect tcp://feed:5556 --backend nng+ws://*:8080/feed\n"
                "  wye bridge --pattern reqrep --frontend nng+tcp://*:5570 --backend-connect tcp://service:5560"};
  }

  void options(CLI::App& to) override {
    process_.options(to);
    to.add_option("--pattern", pattern_, "pubsub, pushpull, reqrep, routerdealer or pair")
        ->required()
        ->transform(CLI::CheckedTransformer(patterns()).description(""))
        ->type_name("P");
  }

  [[nodiscard]] context_options context() const override { return process_.context(); }

  int run(session& in) override {
    bridge device(in.ctx, {.pattern = pattern_, .common = process_.common()});
    return process_.run(in, device);
  }

 private:
  device_process process_;
  bridge_pattern pattern_ = bridge_pattern::reqrep;
};

}  // namespace

std::unique_ptr<verb> make_bridge() { return std::make_unique<bridge_verb>(); }

}  // namespace wye::cli
