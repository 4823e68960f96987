// wye bus: each message to all direct peers.
#include <wye/bus.hpp>

#include "conversation.hpp"

namespace wye::cli {
namespace {

class bus_verb final : public verb {
 public:
  [[nodiscard]] description about() const override {
    return {
        .name = "bus",
        .group = "Patterns",
        .summary = "send lines to all direct peers, and print theirs (NNG, shm)",
        .usage = "--bind URL… | --connect URL… [BODY…]",
        .text =
            "Sends each BODY, or without any each line of stdin, to all peers connected at that moment, and prints "
            "what\n"
            "they send. NNG and shm:// only. Ends when its input ends; with --count when that many messages came, too.",
        .examples =
            "  wye bus --bind nng+tcp://*:5590\n"
            "  wye bus --connect nng+tcp://a:5590 nng+tcp://b:5590 --count 1 --timeout 5s hello"};
  }
  void options(CLI::App& to) override { conversation_.options(to, false); }
  int run(session& in) override {
    bus<> through(in.ctx, conversation_.where().pattern());
    return conversation_.run(in, through.core());
  }

 private:
  conversation conversation_;
};

}  // namespace

std::unique_ptr<verb> make_bus() { return std::make_unique<bus_verb>(); }

}  // namespace wye::cli
