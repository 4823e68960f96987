// wye sub: receives what is published.
#include <wye/pubsub.hpp>

#include "intake.hpp"

namespace wye::cli {
namespace {

class sub final : public verb {
 public:
  [[nodiscard]] description about() const override {
    return {
        .name = "sub",
        .group = "Patterns",
        .summary = "receive what is published",
        .usage = "--connect URL… | --bind URL… [--topic T]…",
        .text =
            "Prints topic<TAB>body for each message whose topic starts with one of --topic (default: all), or runs\n"
            "--exec for it, with the topic in WYE_TOPIC. Formats as `wye pull`; raw is the body alone, json adds the\n"
            "member \"topic\".",
        .examples =
            "  wye sub --connect tcp://localhost:5556\n"
            "  wye sub --connect tcp://localhost:5556 --topic fx. --topic news --count 10\n"
            "  wye sub --connect nng+tcp://localhost:5556 --exec 'echo \"$WYE_TOPIC: $(cat)\"'"};
  }

  void options(CLI::App& to) override {
    intake_.options(to);
    to.add_option("--topic", topics_, "Only topics that start with T; repeatable; default: everything")
        ->allow_extra_args(false)
        ->type_name("T");
  }

  int run(session& in) override {
    if (topics_.empty()) topics_.emplace_back();
    const auto& where = intake_.where();
    subscriber<> from(in.ctx,
                      {.bind = where.bind(), .connect = where.connect(), .topics = topics_, .socket = where.socket()});
    return intake_.run(in, from.core(), cut_topic);
  }

 private:
  // A single frame, from a foreign publisher, is all body.
  static std::optional<intake::part> cut_topic(message& m) {
    return intake::part{"topic", m.size() > 1 ? m.pop_front() : frame()};
  }

  intake intake_;
  std::vector<std::string> topics_;
};

}  // namespace

std::unique_ptr<verb> make_sub() { return std::make_unique<sub>(); }

}  // namespace wye::cli
