// wye get: messages out of a named queue, acknowledged when they are printed or their command succeeded.
#include <optional>
#include <string>
#include <vector>

#include <wye/consumer.hpp>

#include "device_link.hpp"
#include "format.hpp"
#include "leave.hpp"
#include "message_json.hpp"
#include "notices.hpp"
#include "output.hpp"
#include "quantities.hpp"
#include "shell.hpp"

namespace wye::cli {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_unacknowledged = 256;  // printed, and not flushed
constexpr auto farewell = 5s;                     // for the last acknowledgements

class get final : public verb {
 public:
  [[nodiscard]] description about() const override {
    return {
        .name = "get",
        .group = "Named queues",
        .summary = "take messages out of a named queue",
        .usage = "--connect URL --queue Q",
        .text =
            "Prints each message, or runs --exec for it, and acknowledges it when it is printed or the command exited\n"
            "with 0. A command that fails gives the message back: it comes again, and after the queue's max_deliver\n"
            "goes to the dead letters. Formats as `wye pull`; json says what is known of the message.",
        .examples =
            "  wye get --connect tcp://localhost:5580 --queue jobs\n"
            "  wye get --connect tcp://localhost:5580 --queue jobs --count 10 --timeout 2s --format json\n"
            "  wye get --connect tcp://localhost:5580 --queue jobs --exec './work' --lease 10m --retry-in 5s"};
  }

  void options(CLI::App& to) override {
    device_.options(to, "Give up when no message comes for so long (exit status 75); default: wait for ever");
    add_queue_option(to, queue_);
    to.add_flag("--no-make", no_make_, "Fail (not_found) if there is no such queue, instead of making it");
    to.add_option("--count", count_, "End after so many messages, and take no more")->type_name("N");
    to.add_option("--format", how_, "raw, text (default), quoted, hex, msgpack or json")
        ->transform(CLI::CheckedTransformer(formats(), CLI::ignore_case).description(""))
        ->type_name("F");
    to.add_flag("--json", json_, "The same as --format json");
    to.add_option("--exec", command_, "Run `sh -c CMD` for each message, the body on its stdin, instead of printing")
        ->type_name("CMD");
    to.add_option("--retry-in", retry_in_, "A message whose command failed comes again after so long; default: at once")
        ->type_name("TIME");
    to.add_flag("--no-ack", no_ack_, "A message is done when it is handed over, whatever becomes of it here");
    to.add_option("--lease", lease_, "How long a message may take; then somebody else gets it; default: the queue's")
        ->type_name("TIME");
    to.add_option("--prefetch", prefetch_, "Messages that may be fetched ahead; default 100, with --exec 1")
        ->check(CLI::Range(1, 65536))
        ->type_name("N");
  }

  int run(session& in) override {
    if (json_) how_ = format::json;
    if (count_ == 0u) return EX_OK;
    raw_consumer from(in.ctx, consumer());
    const int status = take_all(in, from);
    const int closed = close(in, from);
    if (failed_ > 0) {
      in.say.error(std::to_string(failed_) + " of " + std::to_string(taken_) + " commands failed: " + command_);
      return 1;
    }
    return status != EX_OK ? status : closed;
  }

 private:
  using got = result<delivery<message>>;

  [[nodiscard]] consumer_options consumer() const {
    consumer_options o{.connect = device_.connect(),
                       .queue = queue_,
                       .make = !no_make_,
                       .prefetch = prefetch_.value_or(command_.empty() ? 100 : 1),
                       .acknowledge = !no_ack_,
                       .limit = count_.value_or(0),
                       .socket = device_.socket()};
    if (!lease_.empty()) o.lease = milliseconds_of(lease_, "--lease");
    return o;
  }

  int take_all(session& in, raw_consumer& from) {
    notices tell(&in.say);
    const auto stop = in.interrupts.token();
    while (!(count_ && taken_ >= *count_) && !stop.stop_requested()) {
      auto m = next(from, tell, stop);
      if (m) take(*m);
      else if (m.code() != errc::cancelled) return say_why(in, tell, m.error());
    }
    settle();
    return count_ && taken_ < *count_ ? EX_TEMPFAIL : EX_OK;
  }

  // What is at hand; if there is nothing, what was printed is settled, and then there is time to wait.
  got next(raw_consumer& from, notices& tell, const std::stop_token& stop) {
    auto m = from.next(deadline::now());
    if (m || (m.code() != errc::timeout && m.code() != errc::no_peer)) return m;
    settle();
    for (const deadline until = device_.patience();;) {
      m = from.next(earlier(until, 100ms), stop);
      if (m || (m.code() != errc::timeout && m.code() != errc::no_peer)) return m;
      tell.tell(from.core());
      if (until.passed()) return m;
    }
  }

  int say_why(session& in, const notices& tell, const failure& why) {
    settle();
    in.say.error("queue '" + queue_ +
                 "': " + (why.code() == errc::timeout ? "no message came in time" : why.message()) + tell.trouble() +
                 "; " + std::to_string(taken_) + (count_ ? " of " + std::to_string(*count_) : "") + " came");
    return exit_status(why.code());
  }

  void take(delivery<message>& m) {
    ++taken_;
    if (!command_.empty()) return execute(m);
    print(m);
    if (!no_ack_) printed_.push_back(m.held());
    out_.done();
    if (printed_.size() >= most_unacknowledged) settle();
  }

  void print(const delivery<message>& m) {
    if (how_ == format::json) out_.text() += text_of(json_of(m.info, m.body)) + "\n";
    else write(out_.text(), how_, nullptr, m.body);
  }

  void execute(delivery<message>& m) {
    std::string input;
    write(input, format::raw, nullptr, m.body);
    const std::string variable = "WYE_SEQUENCE=" + std::to_string(m.sequence());
    const bool done = run_shell(command_, input, variable, capture::nothing, 0).status == 0;
    if (!done) ++failed_;
    if (no_ack_) return;
    const auto pause = retry_in_.empty() ? 0ms : milliseconds_of(retry_in_, "--retry-in");
    if (!(done ? m.ack() : m.nack(pause))) ++late_;
  }

  // What stdout has taken is acknowledged.
  void settle() {
    out_.flush();
    for (lease& l : printed_)
      if (!l.ack()) ++late_;
    printed_.clear();
  }

  int close(session& in, raw_consumer& from) const {
    const auto flushed = from.flush(farewell);
    if (const auto late = late_ + from.stale(); late > 0)
      in.say.warning(std::to_string(late) + " acknowledgements came too late: those messages come again" +
                     (command_.empty() ? "" : "; raise --lease"));
    if (flushed) return EX_OK;
    in.say.error("not all acknowledgements were confirmed: messages may come again: " + flushed.error().message());
    return exit_status(flushed.code());
  }

  device_link device_;
  std::string queue_;
  bool no_make_ = false, no_ack_ = false, json_ = false;
  std::optional<std::uint64_t> count_;
  std::optional<std::size_t> prefetch_;
  format how_ = format::text;
  std::string command_, retry_in_, lease_;
  output out_;
  std::vector<lease> printed_;  // and not acknowledged
  std::uint64_t taken_ = 0;
  std::uint64_t failed_ = 0;
  std::uint64_t late_ = 0;
};

}  // namespace

std::unique_ptr<verb> make_get() { return std::make_unique<get>(); }

}  // namespace wye::cli
