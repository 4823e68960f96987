// wye pair: two peers, both ways.
#include <wye/pair.hpp>

#include "conversation.hpp"

namespace wye::cli {
namespace {

class pair_verb final : public verb {
 public:
  [[nodiscard]] description about() const override {
    return {.name = "pair",
            .group = "Patterns",
            .summary = "send lines to one peer, and print what it sends",
            .usage = "--bind URL… | --connect URL… [--echo] [BODY…]",
            .text =
                "Sends each BODY, or without any each line of stdin, to the one peer, and prints what comes, both at "
                "once.\n"
                "Ends when its input ends and all is delivered; with --count when that many messages came, too.",
            .examples =
                "  wye pair --bind tcp://*:5580\n"
                "  wye pair --connect nng+ipc:///run/chat --count 1 hello\n"
                "  wye pair --bind tcp://*:5580 --echo"};
  }
  void options(CLI::App& to) override {
    conversation_.options(to, true);
    conversation_.sender_options(to);
  }
  int run(session& in) override {
    pair<> through(in.ctx, conversation_.where().pattern());
    return conversation_.run(in, through.core());
  }

 private:
  conversation conversation_;
};

}  // namespace

std::unique_ptr<verb> make_pair() { return std::make_unique<pair_verb>(); }

}  // namespace wye::cli
