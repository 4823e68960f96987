// wye pub: each message to all subscribers of its topic.
#include <wye/pubsub.hpp>

#include "confirmed_pub.hpp"
#include "headers.hpp"
#include "leave.hpp"
#include "log_place.hpp"
#include "outflow.hpp"

namespace wye::cli {
namespace {

class pub final : public verb {
 public:
  [[nodiscard]] description about() const override {
    return {
        .name = "pub",
        .group = "Patterns",
        .summary = "publish messages under topics",
        .usage = "--bind URL… | --connect URL… --topic T [BODY…]",
        .text =
            "Publishes each BODY, or without any each line of stdin, under --topic. Without --topic each is\n"
            "`topic<TAB>body`. On ZeroMQ a subscriber that does not keep up makes it wait (--overflow block), so that\n"
            "nothing is lost; --overflow drop, the only way on NNG, keeps the pace and counts what is known to be\n"
            "missed. What is published before a subscriber is there, nobody gets: see --wait-peers.\n"
            "\n"
            "With --confirm it connects to a forwarder with a log (`wye forwarder --store`), at the URL of its "
            "frontend\n"
            "or backend, and prints at the end how many are kept: each once, also when connection or device broke\n"
            "meanwhile. --json prints instead a line for each, in order: {\"topic\":…,\"seq\":…}.",
        .examples =
            "  wye pub --bind tcp://*:5556 --wait-peers 1 --topic news hello\n"
            "  printf 'fx.eur\\t1.08\\nfx.usd\\t0.92\\n' | wye pub --bind tcp://*:5556 --wait-peers 1\n"
            "  seq 1000 | wye pub --confirm --connect tcp://localhost:5556 --topic numbers\n"
            "  wye pub --bind 'tcp://*:5556?batch' --topic log < lines\n"
            "  tail -f /var/log/syslog | wye pub --bind nng+tcp://*:5556 --topic log --overflow drop"};
  }

  void options(CLI::App& to) override {
    flow_.options(to);
    to.add_option("--topic", topic_, "The topic of all messages")->type_name("T");
    to.add_option("--overflow", overflow_, "For a slow subscriber: block (default on ZeroMQ) or drop (default on NNG)")
        ->check(CLI::IsMember({"block", "drop"}));
    to.add_flag("--confirm", confirm_, "Have a forwarder with a log confirm that each is kept");
    to.add_option("--header", headers_, "K=V: goes along with each message, with --confirm; repeatable")
        ->allow_extra_args(false)
        ->type_name("K=V");
    add_log_option(to, log_);
  }

  int run(session& in) override {
    if (confirm_ || !log_.empty())
      return publish_confirmed(in, flow_, {.log = log_, .headers = parse_headers(headers_)},
                               [this](std::string_view& body, const std::string& place) {
                                 return topic_ ? *topic_ : std::string(cut_topic(body, place));
                               });
    if (!headers_.empty())
      throw usage_error("--header is for a forwarder with a log, which --confirm asks: plain publications have none");
    auto options = flow_.where().pattern();
    options.socket.overflow = wants_drop(options) ? overflow::drop : overflow::block;
    publisher<> out(in.ctx, options);
    return flow_.run(in, out.core(),
                     [this](message& m, std::string_view body, const source& from) { fill(m, body, from); });
  }

 private:
  // An NNG subscriber drops by itself what it cannot hold: nobody can wait for it.
  [[nodiscard]] bool wants_drop(const pattern_options& o) const {
    if (!overflow_.empty()) return overflow_ == "drop";
    const auto& list = o.bind.empty() ? o.connect : o.bind;
    return list.begin()->starts_with("nng+");
  }

  void fill(message& m, std::string_view body, const source& from) const {
    std::string_view topic;
    if (topic_) topic = *topic_;
    else topic = cut_topic(body, from.place());
    m.push_back(frame::borrow(as_bytes(topic)));
    m.push_back(frame::borrow(as_bytes(body)));
  }

  static std::string_view cut_topic(std::string_view& body, const std::string& place) {
    const auto tab = body.find('\t');
    if (tab == std::string_view::npos)
      throw leave(EX_DATAERR, place + ": no tab in it; without --topic each must be topic<TAB>body");
    const auto topic = body.substr(0, tab);
    body.remove_prefix(tab + 1);
    return topic;
  }

  outflow flow_;
  std::optional<std::string> topic_;
  std::string overflow_;
  std::vector<std::string> log_, headers_;
  bool confirm_ = false;
};

}  // namespace

std::unique_ptr<verb> make_pub() { return std::make_unique<pub>(); }

}  // namespace wye::cli
