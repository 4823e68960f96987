// wye pull: receives from pushers.
#include <wye/pipeline.hpp>

#include "intake.hpp"

namespace wye::cli {
namespace {

class pull final : public verb {
 public:
  [[nodiscard]] description about() const override {
    return {
        .name = "pull",
        .group = "Patterns",
        .summary = "receive messages from pushers",
        .usage = "--bind URL… | --connect URL…",
        .text =
            "Prints each message as it comes, or runs --exec for it. Formats: text is the body and a newline, frames\n"
            "with tabs between them; raw the bytes alone; quoted with C escapes; hex; msgpack decodes and prints\n"
            "JSON; json prints {\"frames\":[…]} for each message.",
        .examples =
            "  wye pull --bind tcp://*:5555\n"
            "  wye pull --bind tcp://*:5555 --count 10 --timeout 5s --format json\n"
            "  wye pull --connect nng+ipc:///run/jobs --exec 'sort | uniq -c'"};
  }

  void options(CLI::App& to) override { intake_.options(to); }

  int run(session& in) override {
    puller<> from(in.ctx, intake_.where().pattern());
    return intake_.run(in, from.core(), [](message&) { return std::nullopt; });
  }

 private:
  intake intake_;
};

}  // namespace

std::unique_ptr<verb> make_pull() { return std::make_unique<pull>(); }

}  // namespace wye::cli
