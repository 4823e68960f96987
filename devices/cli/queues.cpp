// wye queues: looks after the named queues of a device.
#include <algorithm>
#include <iomanip>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include <wye/queue_admin.hpp>

#include "device_link.hpp"
#include "format.hpp"
#include "leave.hpp"
#include "message_json.hpp"
#include "output.hpp"
#include "quantities.hpp"

namespace wye::cli {
namespace {

using namespace std::chrono_literals;

json settings_json(const queue_settings& s) {
  json out = json::object();
  if (s.max_messages) out["max_messages"] = *s.max_messages;
  if (s.max_bytes) out["max_bytes"] = *s.max_bytes;
  if (s.overflow) out["overflow"] = std::string(name_of(*s.overflow));
  if (s.ttl) out["ttl"] = s.ttl->count();
  if (s.lease) out["lease"] = s.lease->count();
  if (s.max_deliver) out["max_deliver"] = *s.max_deliver;
  if (s.dead) out["dead"] = *s.dead;
  if (s.dedup) out["dedup"] = s.dedup->count();
  if (s.single) out["single"] = *s.single;
  if (s.max_in_flight) out["max_in_flight"] = *s.max_in_flight;
  return out;
}

json queue_json(const queue_info& q) {
  json out{{"queue", q.name}};
  for (const auto& f : queue_count_fields) out[std::string(f.name)] = q.counts.*f.field;
  out["settings"] = settings_json(q.settings);
  return out;
}

// A line for each member, names first.
std::string lines_of(const json& object, const std::string& before = "") {
  std::string out;
  for (const auto& [name, value] : object.items())
    out += value.is_object()
               ? lines_of(value, before + name + ".")
               : before + name + "\t" + (value.is_string() ? value.get<std::string>() : text_of(value)) + "\n";
  return out;
}

// The settings as options.
class settings_options {
 public:
  void options(CLI::App& to) {
    const auto add = [&to](const std::string& name, auto& into, const std::string& type, const std::string& help) {
      return to.add_option(name, into, help)->type_name(type)->group("Settings");
    };
    add("--max-messages", s_.max_messages, "N", "Bound of what waits and is leased; 0: none");
    add("--max-bytes", max_bytes_, "SIZE", "The same for the bodies; 0: none");
    add("--overflow", overflow_, "HOW", "At the bound: reject (default), drop_head or block")
        ->check(CLI::IsMember({"reject", "drop_head", "block"}));
    add("--ttl", ttl_, "TIME", "Messages live at most so long; 0: for ever");
    add("--lease", lease_, "TIME", "How long a message may take; default 30s");
    add("--max-deliver", s_.max_deliver, "N", "Attempts before the dead letters; default 5; 0: no bound");
    add("--dead", dead_, "Q", "The queue of dead letters; default NAME.dead; '' keeps none");
    add("--dedup", dedup_, "TIME", "How long deduplication ids are remembered; default 2m; 0: not at all");
    add("--single", s_.single, "true|false", "One active consumer at a time");
    add("--max-in-flight", s_.max_in_flight, "N", "Leased at a time; default 100000");
  }

  [[nodiscard]] queue_settings value() const {
    queue_settings s = s_;
    if (!max_bytes_.empty()) s.max_bytes = parse_size(max_bytes_, "--max-bytes");
    if (!overflow_.empty())
      for (const auto o : {queue_overflow::reject, queue_overflow::drop_head, queue_overflow::block})
        if (overflow_ == name_of(o)) s.overflow = o;
    if (!ttl_.empty()) s.ttl = milliseconds_of(ttl_, "--ttl");
    if (!lease_.empty()) s.lease = milliseconds_of(lease_, "--lease");
    if (!dedup_.empty()) s.dedup = milliseconds_of(dedup_, "--dedup");
    if (dead_) s.dead = *dead_;
    return s;
  }

 private:
  queue_settings s_;
  std::string max_bytes_, overflow_, ttl_, lease_, dedup_;
  std::optional<std::string> dead_;
};

class queues final : public verb {
 public:
  [[nodiscard]] description about() const override {
    return {
        .name = "queues",
        .group = "Named queues",
        .summary = "list, look into, declare, change and empty named queues",
        .usage = "ACTION [QUEUE] --connect URL",
        .text =
            "Actions:\n"
            "  ls [PREFIX]     the queues and what waits in them\n"
            "  stat Q          all counts and settings\n"
            "  peek Q          messages, without taking them: --from, --count, --format\n"
            "  declare Q, set Q   make a queue with settings; change settings\n"
            "  purge Q         remove what is ready or delayed; prints how many\n"
            "  redrive Q       send dead letters back where they came from, or --to; --count, --rate; prints how many\n"
            "  pause Q, resume Q  stop deliveries; let them go on\n"
            "  delete Q        with all messages; --if-empty refuses if there are any; prints how many",
        .examples =
            "  wye queues ls --connect tcp://localhost:5580\n"
            "  wye queues declare orders --connect tcp://localhost:5580 --max-messages 100000 --overflow block\n"
            "  wye queues peek orders.dead --connect tcp://localhost:5580 --json\n"
            "  wye queues redrive orders.dead --connect tcp://localhost:5580 --rate 100"};
  }

  void options(CLI::App& to) override {
    device_.options(to, "How long the device may take to answer; default 5s");
    to.add_flag("--json", json_, "For machines");
    to.add_option("--from", from_, "peek: the first sequence; default: the oldest")->type_name("SEQ");
    to.add_option("--count", count_, "peek: so many, at most 1000, default 10; redrive: at most so many")
        ->type_name("N");
    to.add_option("--format", how_, "peek: raw, text (default), quoted, hex, msgpack")
        ->transform(CLI::CheckedTransformer(formats(), CLI::ignore_case).description(""))
        ->type_name("F");
    to.add_option("--rate", redrive_.rate, "redrive: so many in a second")->type_name("N");
    to.add_option("--to", redrive_.to, "redrive: to this queue")->type_name("Q");
    to.add_flag("--if-empty", if_empty_, "delete: only an empty queue");
    settings_.options(to);
  }

  int run(session& in) override {
    const auto action = find(in.bodies);
    if (in.bodies.size() != 2 && (in.bodies.size() != 1 || action->needs_queue))
      throw usage_error("`wye queues " + in.bodies[0] + "` takes one queue");
    const std::string queue = in.bodies.size() == 2 ? in.bodies[1] : "";
    queue_admin device(in.ctx, {.connect = device_.connect(), .socket = device_.socket()});
    stop_ = in.interrupts.token();
    until_ = device_.timeout() ? device_.patience() : deadline(5s);
    (this->*action->what)(device, queue);
    out_.flush();
    return EX_OK;
  }

 private:
  struct named_action {
    std::string_view name;
    bool needs_queue;
    void (queues::*what)(queue_admin& device, const std::string& queue);
  };

  static const named_action* find(const std::vector<std::string>& words) {
    static constexpr named_action all[] = {
        {"ls", false, &queues::ls},          {"stat", true, &queues::stat},   {"peek", true, &queues::peek},
        {"declare", true, &queues::declare}, {"set", true, &queues::set},     {"purge", true, &queues::purge},
        {"redrive", true, &queues::redrive}, {"pause", true, &queues::pause}, {"resume", true, &queues::resume},
        {"delete", true, &queues::remove},
    };
    if (words.empty()) throw usage_error("no action given; say for example `wye queues ls --connect URL`");
    const auto* at = std::find_if(std::begin(all), std::end(all), [&](const auto& a) { return a.name == words[0]; });
    if (at == std::end(all)) throw usage_error("there is no action '" + words[0] + "'");
    return at;
  }

  // The value, or the end of the command with the device's sentence.
  template <class T>
  static T checked(result<T> got) {
    if (!got) refused(got.error());
    return std::move(*got);
  }
  static void checked(const result<void>& done) {
    if (!done) refused(done.error());
  }
  [[noreturn]] static void refused(const failure& why) {
    throw leave(why.code() == errc::wrong_state ? 1 : exit_status(why.code()), why.message());
  }

  void ls(queue_admin& device, const std::string& prefix) {
    const auto all = checked(device.list(prefix, until_, stop_));
    if (!json_) out_.text() += row("QUEUE", {"READY", "LEASED", "DELAYED", "BYTES", "CONSUMERS", ""});
    for (const queue_info& q : all)
      out_.text() += json_ ? text_of(queue_json(q)) + "\n" : row(q.name, numbers(q.counts));
  }
  static std::vector<std::string> numbers(const queue_counts& c) {
    std::vector<std::string> out;
    for (const std::uint64_t n : {c.ready, c.leased, c.delayed, c.bytes, c.consumers}) out.push_back(std::to_string(n));
    out.emplace_back(c.paused != 0 ? "paused" : "");
    return out;
  }
  static std::string row(const std::string& name, const std::vector<std::string>& cells) {
    std::ostringstream line;
    line << std::left << std::setw(30) << name << std::right;
    for (std::size_t i = 0; i + 1 < cells.size(); ++i) line << ' ' << std::setw(11) << cells[i];
    if (!cells.back().empty()) line << "  " << cells.back();
    line << '\n';
    return line.str();
  }

  void stat(queue_admin& device, const std::string& queue) {
    const json about = queue_json(checked(device.stat(queue, until_, stop_)));
    out_.text() += json_ ? text_of(about) + "\n" : lines_of(about);
  }

  void peek(queue_admin& device, const std::string& queue) {
    if (how_ == format::json) json_ = true;
    for (const auto& m : checked(device.peek(queue, from_, count_.value_or(10), until_, stop_))) {
      if (json_) {
        json line = json_of(m.info, m.body);
        line["state"] = m.state;
        out_.text() += text_of(line) + "\n";
      } else {
        const std::string about =
            std::to_string(m.info.sequence) + "\t" + m.state + "\t" + std::to_string(m.info.attempt);
        if (how_ != format::raw) out_.text() += about + "\t";
        write(out_.text(), how_, nullptr, m.body);
      }
    }
  }

  void declare(queue_admin& device, const std::string& queue) {
    const bool is_new = checked(device.declare(queue, settings_.value(), until_, stop_));
    if (json_) out_.text() += text_of({{"queue", queue}, {"new", is_new}}) + "\n";
  }
  void set(queue_admin& device, const std::string& queue) {
    checked(device.set(queue, settings_.value(), until_, stop_));
    say_done(queue);
  }
  void purge(queue_admin& device, const std::string& queue) {
    say_count(queue, checked(device.purge(queue, until_, stop_)));
  }
  void redrive(queue_admin& device, const std::string& queue) {
    redrive_.count = count_;
    say_count(queue, checked(device.redrive(queue, redrive_, until_, stop_)));
  }
  void pause(queue_admin& device, const std::string& queue) {
    checked(device.pause(queue, true, until_, stop_));
    say_done(queue);
  }
  void resume(queue_admin& device, const std::string& queue) {
    checked(device.pause(queue, false, until_, stop_));
    say_done(queue);
  }
  void remove(queue_admin& device, const std::string& queue) {
    say_count(queue, checked(device.remove(queue, if_empty_, until_, stop_)));
  }

  void say_done(const std::string& queue) {
    if (json_) out_.text() += text_of({{"queue", queue}}) + "\n";
  }
  void say_count(const std::string& queue, std::uint64_t messages) {
    out_.text() += (json_ ? text_of({{"queue", queue}, {"messages", messages}}) : std::to_string(messages)) + "\n";
  }

  device_link device_;
  settings_options settings_;
  redrive_options redrive_;
  bool json_ = false, if_empty_ = false;
  std::uint64_t from_ = 0;
  std::optional<std::uint64_t> count_;
  format how_ = format::text;
  output out_;
  deadline until_ = deadline::never();
  std::stop_token stop_;
};

}  // namespace

std::unique_ptr<verb> make_queues() { return std::make_unique<queues>(); }

}  // namespace wye::cli
