// wye dealer: asynchronous messages to whichever peer has room, and from all.
#include <wye/router.hpp>

#include "conversation.hpp"

namespace wye::cli {
namespace {

class dealer_verb final : public verb {
 public:
  [[nodiscard]] description about() const override {
    return {
        .name = "dealer",
        .group = "Patterns",
        .summary = "send lines to routers, and print what comes back",
        .usage = "--connect URL… | --bind URL… [BODY…]",
        .text =
            "Sends each BODY, or without any each line of stdin, to whichever peer has room, and prints what comes, "
            "both\n"
            "at once. Ends when its input ends and all is delivered; with --count when that many messages came, too.",
        .examples =
            "  printf 'one\\ntwo\\n' | wye dealer --connect tcp://localhost:5570 --count 2\n"
            "  wye dealer --connect nng+tcp://localhost:5570 --identity anna --timeout 5s --count 1 hello"};
  }
  void options(CLI::App& to) override {
    conversation_.options(to, false);
    conversation_.sender_options(to);
  }
  int run(session& in) override {
    dealer through(in.ctx, conversation_.where().pattern());
    return conversation_.run(in, through.core());
  }

 private:
  conversation conversation_;
};

}  // namespace

std::unique_ptr<verb> make_dealer() { return std::make_unique<dealer_verb>(); }

}  // namespace wye::cli
