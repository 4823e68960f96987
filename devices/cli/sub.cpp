// wye sub: receives what is published.
#include <map>

#include <wye/logs.hpp>
#include <wye/pubsub.hpp>

#include "intake.hpp"
#include "leave.hpp"
#include "log_place.hpp"

namespace wye::cli {
namespace {

class sub final : public verb {
 public:
  [[nodiscard]] description about() const override {
    return {
        .name = "sub",
        .group = "Patterns",
        .summary = "receive what is published",
        .usage = "--connect URL… | --bind URL… [--topic T]… [--from PLACE] [--durable NAME | --group G]",
        .text =
            "Prints topic<TAB>body for each message whose topic starts with one of --topic (default: all), or runs\n"
            "--exec for it, with the topic in WYE_TOPIC. Formats as `wye pull`; raw is the body alone, json adds the\n"
            "member \"topic\".\n"
            "\n"
            "With --from, --durable, --group, --stream or --match it subscribes to the log of a forwarder (`wye "
            "forwarder\n"
            "--store`), at the URL of its frontend or backend: it replays from there, and goes on live. What "
            "--durable\n"
            "NAME or --group G printed is acknowledged, and does not come again; with --exec what CMD did, and it "
            "ends\n"
            "when CMD fails. What was trimmed before it came is told on stderr.",
        .examples =
            "  wye sub --connect tcp://localhost:5556\n"
            "  wye sub --connect tcp://localhost:5556 --topic fx. --topic news --count 10\n"
            "  wye sub --connect tcp://localhost:5557 --from first --match 'fx.*.spot'\n"
            "  wye sub --connect tcp://localhost:5557 --from first --durable archive --exec ./archive\n"
            "  wye sub --connect nng+tcp://localhost:5556 --exec 'echo \"$WYE_TOPIC: $(cat)\"'"};
  }

  void options(CLI::App& to) override {
    intake_.options(to);
    to.add_option("--topic", topics_, "Only topics that start with T; repeatable; default: everything")
        ->allow_extra_args(false)
        ->type_name("T");
    const auto add = [&to](const std::string& name, auto& into, const std::string& type, const std::string& help) {
      return to.add_option(name, into, help)->type_name(type)->group("Log");
    };
    add("--from", from_, "PLACE", "first, new (default), last, topics (their last values), seq:N, time:T");
    add("--durable", log_.durable, "NAME", "A cursor of this name outlives the command; --from holds when it is new");
    add("--group", log_.group, "G", "Share the partitions, and a cursor, with the others of this group");
    add("--stream", log_.stream, "NAME", "The stream; default: default");
    add("--match", log_.match, "PATTERN",
        "Only topics like this: * is one token between dots, # any number; repeatable")
        ->allow_extra_args(false);
    add_log_option(to, place_);
  }

  int run(session& in) override {
    if (wants_log()) return run_log(in);
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

  [[nodiscard]] bool wants_log() const {
    const bool filters = !log_.stream.empty() || !log_.match.empty() || !place_.empty();
    return !from_.empty() || !log_.durable.empty() || !log_.group.empty() || filters;
  }

  int run_log(session& in) {
    const auto& where = intake_.where();
    if (!from_.empty()) log_.from = parse_start(from_);
    log_.link = {.connect = place_.empty() ? where.connect() : endpoints(), .log = place_, .socket = where.socket()};
    log_.topics = topics_;
    log_.on_gap = [&in](const log_gap& g) {
      in.say.warning("partition " + std::to_string(g.partition) + ": the messages from sequence " +
                     std::to_string(g.first) + " to " + std::to_string(g.last) + " will not come (" +
                     std::string(name_of(g.why)) + ")");
    };
    raw_log_subscriber from(in.ctx, log_);
    const bool has_cursor = !log_.durable.empty() || !log_.group.empty();
    std::map<std::uint32_t, std::uint64_t> taken;  // by partition: the last one, not acknowledged
    const auto take = [&](message& m, deadline until, const std::stop_token& stop) -> result<void> {
      auto got = from.recv(until, stop);
      if (!got) return got.error();
      taken[got->partition] = got->sequence;
      m = std::move(got->body);
      m.push_front(frame::copy_of(got->topic));
      return {};
    };
    const intake::feed feed{.link = from.core(),
                            .try_next = [&](message& m) { return take(m, deadline::now(), {}).code(); },
                            .next = take,
                            .done =
                                [&] {
                                  for (const auto& [partition, sequence] : taken) from.ack(partition, sequence);
                                  taken.clear();
                                },
                            .stop_at_failure = has_cursor};
    const int status = intake_.run(in, feed, cut_topic);
    if (!has_cursor) return status;
    if (const auto kept = from.commit(std::chrono::seconds(5)); !kept)
      in.say.warning("what was acknowledged last may come again: " + kept.error().message());
    return status;
  }

  intake intake_;
  std::vector<std::string> topics_;
  std::string from_;
  std::vector<std::string> place_;
  log_subscriber_options log_;
};

}  // namespace

std::unique_ptr<verb> make_sub() { return std::make_unique<sub>(); }

}  // namespace wye::cli
