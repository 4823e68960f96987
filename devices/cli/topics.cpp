// wye topics: looks after the streams of a forwarder with a log.
#include <algorithm>
#include <optional>

#include <wye/logs.hpp>

#include "command_line.hpp"
#include "format.hpp"
#include "leave.hpp"
#include "log_place.hpp"
#include "output.hpp"
#include "quantities.hpp"
#include "topic_bindings.hpp"

namespace wye::cli {
namespace {

using namespace std::chrono_literals;

// The settings as options.
class settings_options {
 public:
  void options(CLI::App& to) {
    const auto add = [&to](const std::string& name, auto& into, const std::string& type, const std::string& help) {
      return to.add_option(name, into, help)->type_name(type)->group("Settings");
    };
    add("--match", match_, "PATTERN", "The topics that go into it, such as fx.#; repeatable")->allow_extra_args(false);
    add("--partitions", partitions_, "N", "1 to 64; never changes. Default 1");
    add("--max-age", max_age_, "TIME", "Older messages are trimmed");
    add("--max-bytes", max_bytes_, "SIZE", "Each partition keeps at most so much");
    add("--max-messages", max_messages_, "N", "Each partition keeps at most so many");
    add("--keep-last", keep_last_, "N", "Of each topic only so many are kept; an empty body removes them");
    add("--tombstone", tombstone_, "TIME", "How long such an empty body is kept; default 24h");
    add("--max-topics", max_topics_, "N", "Topics whose last value is known; default 1000000");
  }

  [[nodiscard]] const std::vector<std::string>& match() const noexcept { return match_; }
  void merge_into(stream_settings& s) const {
    if (!match_.empty()) s.match = match_;
    if (partitions_) s.partitions = *partitions_;
    if (!max_age_.empty()) s.max_age = milliseconds_of(max_age_, "--max-age");
    if (!max_bytes_.empty()) s.max_bytes = parse_size(max_bytes_, "--max-bytes");
    if (max_messages_) s.max_messages = *max_messages_;
    if (keep_last_) s.keep_last = *keep_last_;
    if (!tombstone_.empty()) s.tombstone = milliseconds_of(tombstone_, "--tombstone");
    if (max_topics_) s.max_topics = *max_topics_;
  }

 private:
  std::vector<std::string> match_;
  std::optional<std::uint32_t> partitions_, keep_last_;
  std::optional<std::uint64_t> max_messages_, max_topics_;
  std::string max_age_, max_bytes_, tombstone_;
};

class topics final : public verb {
 public:
  [[nodiscard]] description about() const override {
    return {
        .name = "topics",
        .group = "Devices",
        .summary = "look after the streams of a forwarder with a log",
        .usage = "ACTION [STREAM | BINDING] --connect URL",
        .text =
            "At the URL of a forwarder's frontend or backend (`wye forwarder --store`). STREAM is `default` unless\n"
            "streams were declared. Actions:\n"
            "  ls          the streams and what is in them\n"
            "  stat        one stream: partitions, cursors and how far they are behind, settings\n"
            "  tail        the last messages: --count, --partition, --format\n"
            "  seek        move the cursor of --durable NAME or --group G --to first|new|last|seq:N|time:T\n"
            "  forget      remove that cursor\n"
            "  trim        erase what is older than --before seq:N|time:T; prints how many\n"
            "  declare, set   make a stream with settings; change settings\n"
            "  delete      remove a stream with all messages, cursors and bindings\n"
            "  bind        put what is published into --queue Q --at URL, from --from on (default: new), under the\n"
            "              name BINDING: all of --stream, or what --match, --subject or --header says\n"
            "  unbind      end that; what the queue has stays\n"
            "  bindings    all of them, how far they have come, and what stands in their way",
        .examples =
            "  wye topics ls --connect tcp://localhost:5556\n"
            "  wye topics declare fx --match 'fx.#' --partitions 4 --max-age 168h --connect tcp://localhost:5556\n"
            "  wye topics seek fx --durable archive --to time:-1h --connect tcp://localhost:5556\n"
            "  wye topics bind billing --match 'order.#' --queue bills --at tcp://localhost:5580 --connect "
            "tcp://localhost:5556"};
  }

  void options(CLI::App& to) override {
    add_endpoints(to, "--connect", connect_, "The forwarder's frontend or backend");
    add_log_option(to, log_);
    to.add_option("--timeout", timeout_, "How long the device may take to answer; default 5s")->type_name("TIME");
    to.add_flag("--json", json_, "For machines: an object in a line for each stream or message");
    to.add_option("--count", count_, "tail: so many; default 10")->type_name("N")->check(CLI::Range(1, 512));
    to.add_option("--partition", partition_, "tail, trim: this one; default: 0 for tail, all for trim")->type_name("P");
    to.add_option("--format", how_, "tail: raw, text (default), quoted, hex, msgpack")
        ->transform(CLI::CheckedTransformer(formats(), CLI::ignore_case).description(""))
        ->type_name("F");
    to.add_option("--durable", cursor_.durable, "seek, forget: this durable subscriber")->type_name("NAME");
    to.add_option("--group", cursor_.group, "seek, forget: this group")->type_name("G");
    to.add_option("--to", to_, "seek: where")->type_name("PLACE");
    to.add_option("--before", before_, "trim: seq:N or time:T")->type_name("PLACE");
    to.add_option("--from", from_, "bind: where to begin; default: new")->type_name("PLACE");
    settings_.options(to);
    binding_.options(to);
  }

  int run(session& in) override {
    if (in.bodies.empty() || in.bodies.size() > 2) throw usage_error("`wye topics` takes an action and a stream");
    const auto* const action = std::ranges::find(actions, in.bodies[0], &named_action::name);
    if (action == std::end(actions)) throw usage_error("there is no action '" + in.bodies[0] + "'");
    named_ = in.bodies.size() == 2;
    stream_ = named_ ? in.bodies[1] : "default";
    log_admin device(in.ctx, {.connect = connect_, .log = log_});
    until_ = timeout_.empty() ? deadline(5s) : deadline(milliseconds_of(timeout_, "--timeout"));
    (this->*action->what)(device);
    out_.flush();
    return EX_OK;
  }

 private:
  struct named_action {
    std::string_view name;
    void (topics::*what)(log_admin&);
  };
  static const named_action actions[12];

  template <class T>
  static T good(result<T> done) {
    if (!done) throw leave(exit_status(done.code()), done.error().message());
    if constexpr (!std::is_void_v<T>) return std::move(*done);
  }

  void ls(log_admin& device) {
    for (const auto& s : good(device.list(until_))) json_ ? say(text_of(json_of(s))) : say(line_of(s));
  }

  void stat(log_admin& device) {
    const stream_info s = good(device.stat(stream_, until_));
    if (json_) return say(text_of(json_of(s)));
    say(line_of(s));
    for (std::size_t i = 0; i < s.partitions.size(); ++i) {
      const auto& p = s.partitions[i];
      say("partition " + std::to_string(i) + "\tfirst " + std::to_string(p.first) + "\tnext " + std::to_string(p.next) +
          "\tmessages " + std::to_string(p.messages) + "\tbytes " + std::to_string(p.bytes) + "\tspace " +
          std::to_string(p.space) + "\tdamaged " + std::to_string(p.damaged));
    }
    for (const auto& c : s.cursors)
      say(std::string(c.group ? "group " : "durable ") + c.name + "\tlag " + std::to_string(c.lag) + "\tmembers " +
          std::to_string(c.members));
    const json settings = json_of(s)["settings"];
    for (const auto& [name, value] : settings.items()) say(name + "\t" + text_of(value));
  }

  static std::string line_of(const stream_info& s) {
    std::uint64_t messages = 0, bytes = 0;
    for (const auto& p : s.partitions) messages += p.messages, bytes += p.bytes;
    return s.name + "\tmessages " + std::to_string(messages) + "\tbytes " + std::to_string(bytes) + "\tpartitions " +
           std::to_string(s.partitions.size()) + "\ttopics " + std::to_string(s.topics) + "\tcursors " +
           std::to_string(s.cursors.size());
  }

  void tail(log_admin& device) {
    const stream_info s = good(device.stat(stream_, until_));
    const std::uint32_t partition = partition_.value_or(0);
    if (partition >= s.partitions.size()) throw usage_error("there is no partition " + std::to_string(partition));
    const auto& p = s.partitions[partition];
    std::uint64_t from = std::max(p.first, p.next - std::min<std::uint64_t>(p.next, count_));
    while (from < p.next) {
      const auto page = good(device.read(stream_, partition, from, count_, until_));
      for (const auto& one : page.messages) show(one);
      if (page.next <= from) break;
      from = page.next;
    }
  }

  void show(const log_sample<message>& one) {
    if (!json_) {
      const label topic{"topic", one.topic};
      return write(out_.text(), how_, &topic, one.body);
    }
    json line{
        {"seq", one.sequence}, {"partition", one.partition}, {"time", one.time}, {"topic", json_of_bytes(one.topic)}};
    json& frames = line["frames"] = json::array();
    for (const frame& f : one.body) frames.push_back(json_of_bytes(f.text()));
    say(text_of(line));
  }

  void seek(log_admin& device) {
    if (to_.empty()) throw usage_error("seek needs --to, for example --to first");
    good(device.seek(stream_, cursor_, parse_start(to_), until_));
  }
  void forget(log_admin& device) { good(device.forget(stream_, cursor_, until_)); }

  void trim(log_admin& device) {
    const log_start before = parse_start(before_.empty() ? "" : before_);
    if (before.at != log_protocol::start::seq && before.at != log_protocol::start::time)
      throw usage_error("trim needs --before seq:N or --before time:T");
    say(std::to_string(good(device.trim(stream_, before, partition_, until_))));
  }

  void declare(log_admin& device) {
    stream_settings s;
    settings_.merge_into(s);
    say(good(device.declare(stream_, s, until_)) ? "declared" : "there already");
  }
  void set(log_admin& device) {
    stream_settings s = good(device.stat(stream_, until_)).settings;
    settings_.merge_into(s);
    good(device.set(stream_, s, until_));
  }
  void remove(log_admin& device) { good(device.remove(stream_, until_)); }

  void bind(log_admin& device) {
    const auto settings = binding_.settings(settings_.match());
    const log_start from = from_.empty() ? log_start{} : parse_start(from_);
    say(good(device.bind(binding_name(), settings, from, until_)) ? "bound" : "there already");
  }
  void unbind(log_admin& device) { good(device.unbind(binding_name(), until_)); }
  void bindings(log_admin& device) {
    for (const auto& b : good(device.bindings(until_)))
      if (json_) say(text_of(json_of(b)));
      else
        for (const auto& line : lines_of(b)) say(line);
  }
  [[nodiscard]] const std::string& binding_name() const {
    if (named_) return stream_;
    throw usage_error("name the binding: `wye topics bind NAME …`");
  }

  void say(const std::string& line) { out_.text() += line + "\n", out_.done(); }

  std::vector<std::string> connect_, log_;
  std::string timeout_, to_, before_, from_, stream_;
  bool json_ = false, named_ = false;
  std::uint64_t count_ = 10;
  std::optional<std::uint32_t> partition_;
  format how_ = format::text;
  cursor_name cursor_;
  settings_options settings_;
  binding_options binding_;
  deadline until_ = deadline::never();
  output out_;
};

const topics::named_action topics::actions[12] = {
    {"ls", &topics::ls},           {"stat", &topics::stat},     {"tail", &topics::tail},
    {"seek", &topics::seek},       {"forget", &topics::forget}, {"trim", &topics::trim},
    {"declare", &topics::declare}, {"set", &topics::set},       {"delete", &topics::remove},
    {"bind", &topics::bind},       {"unbind", &topics::unbind}, {"bindings", &topics::bindings}};

}  // namespace

std::unique_ptr<verb> make_topics() { return std::make_unique<topics>(); }

}  // namespace wye::cli
