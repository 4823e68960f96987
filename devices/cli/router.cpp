// wye router: messages with the sender's identity, and back to it.
#include <wye/router.hpp>

#include "conversation.hpp"

namespace wye::cli {
namespace {

class router_verb final : public verb {
 public:
  [[nodiscard]] description about() const override {
    return {.name = "router",
            .group = "Patterns",
            .summary = "receive lines with the sender's identity, and send to one by identity",
            .usage = "--bind URL… | --connect URL… [--echo]",
            .text =
                "Prints identity<TAB>body for each message, and sends each line of stdin, identity<TAB>body, to that "
                "peer;\n"
                "both at once. An identity that is not printable is 0x and hex. --echo sends each message back. A peer "
                "that\n"
                "is not there is named on stderr (exit status 75 at the end).",
            .examples =
                "  wye router --bind tcp://*:5570 --echo\n"
                "  printf 'anna\\thello\\n' | wye router --bind tcp://*:5570 --count 1\n"
                "  wye router --bind nng+tcp://*:5570 --count 10 --format json < /dev/null"};
  }
  void options(CLI::App& to) override {
    conversation_.options(to, true);
    conversation_.sender_options(to);
  }
  int run(session& in) override {
    router through(in.ctx, conversation_.where().pattern());
    return conversation_.run(in, through.core());
  }

 private:
  conversation conversation_;
};

}  // namespace

std::unique_ptr<verb> make_router() { return std::make_unique<router_verb>(); }

}  // namespace wye::cli
