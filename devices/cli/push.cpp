// wye push: each message to one puller.
#include <wye/pipeline.hpp>

#include "outflow.hpp"

namespace wye::cli {
namespace {

class push final : public verb {
 public:
  [[nodiscard]] description about() const override {
    return {.name = "push",
            .group = "Patterns",
            .summary = "send each message to one of the pullers",
            .usage = "--connect URL… | --bind URL… [BODY…]",
            .text =
                "Sends each BODY, or without any each line of stdin, to one of the pullers that have room. Waits for\n"
                "pullers, ends when its input ends and all is delivered, or says what was not (exit status 75).",
            .examples =
                "  seq 1000 | wye push --connect tcp://localhost:5555\n"
                "  wye push --bind tcp://*:5555 --wait-peers 2 one two three\n"
                "  wye push --connect nng+tcp://localhost:5555 --rate 10/s --count 100 'job {{count}}'\n"
                "  seq 1000000 | wye push --connect tcp://localhost:5555 --batch     (pullers of Wye only)\n"
                "  wye push --connect 'tcp://localhost:5555?batch=16384,100us' < lines\n"
                "  wye push --connect tcp://a:5555 tcp://b:5555 --timeout 5s -- -starts-with-a-dash"};
  }

  void options(CLI::App& to) override { flow_.options(to); }

  int run(session& in) override {
    pusher<> out(in.ctx, flow_.where().pattern());
    return flow_.run(in, out.core(), [](message& m, std::string_view body, const source&) {
      m.push_back(frame::borrow(as_bytes(body)));
    });
  }

 private:
  outflow flow_;
};

}  // namespace

std::unique_ptr<verb> make_push() { return std::make_unique<push>(); }

}  // namespace wye::cli
