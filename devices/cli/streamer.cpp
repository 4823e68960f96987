// wye streamer: pushers in front, pullers behind.
#include <wye/devices/streamer.hpp>

#include "device_process.hpp"

namespace wye::cli {
namespace {

class streamer_verb final : public verb {
 public:
  [[nodiscard]] description about() const override {
    return {
        .name = "streamer",
        .group = "Devices",
        .summary = "pushers in front, pullers behind",
        .usage = "--frontend URL… --backend URL…",
        .text =
            "Collects from pushers at the frontend and hands each message to one puller at the backend. When no "
            "puller\n"
            "has room it stops reading, so nothing is dropped. SIGTERM delivers what is in hand, and ends.",
        .examples =
            "  wye streamer --frontend tcp://*:5557 --backend tcp://*:5558\n"
            "  wye streamer --frontend tcp://*:5557 nng+tcp://*:5567 --backend-connect tcp://sink:5558 --stats 10s"};
  }

  void options(CLI::App& to) override { process_.options(to); }

  [[nodiscard]] context_options context() const override { return process_.context(); }

  int run(session& in) override {
    streamer device(in.ctx, {.common = process_.common()});
    return process_.run(in, device);
  }

 private:
  device_process process_;
};

}  // namespace

std::unique_ptr<verb> make_streamer() { return std::make_unique<streamer_verb>(); }

}  // namespace wye::cli
