// wye rep: answers requests.
#include <wye/reqrep.hpp>

#include <atomic>

#include "ending.hpp"
#include "leave.hpp"
#include "notices.hpp"
#include "shell.hpp"

namespace wye::cli {
namespace {

class rep final : public verb {
 public:
  [[nodiscard]] description about() const override {
    return {
        .name = "rep",
        .group = "Patterns",
        .summary = "answer requests",
        .usage = "--bind URL… | --connect URL… (--echo | --reply TEXT | --exec CMD)",
        .text =
            "Answers each request: with the request itself, with a text, or with what a command prints that gets the\n"
            "request on its stdin. A command that fails is an error answer with the command's stderr for text. It\n"
            "may connect to a `wye queue` device, as one worker of several. A request that a requester repeats is\n"
            "answered from memory and not handled twice.",
        .examples =
            "  wye rep --bind tcp://*:5560 --echo\n"
            "  wye rep --bind nng+tcp://*:5560 --exec 'tr a-z A-Z'\n"
            "  wye rep --connect tcp://queue:5561 --exec ./work --workers 4"};
  }

  void options(CLI::App& to) override {
    links_.options(to, "");
    to.add_flag("--echo", echo_, "The answer is the request");
    to.add_option("--reply", reply_, "The answer is TEXT")->type_name("TEXT");
    to.add_option("--exec", command_, "The answer is what `sh -c CMD` prints; the request is on its stdin")
        ->type_name("CMD");
    to.add_option("--count", count_, "End after so many requests")->type_name("N");
    to.add_option("--workers", workers_, "Handle so many requests at the same time; default 1")
        ->check(CLI::Range(1, 255));
    ending_.options(to);
  }

  int run(session& in) override {
    if ((echo_ ? 1 : 0) + (reply_ ? 1 : 0) + (command_.empty() ? 0 : 1) != 1)
      throw usage_error("say how to answer: one of --echo, --reply TEXT and --exec CMD");
    raw_replier answerer(
        in.ctx, {.bind = links_.bind(), .connect = links_.connect(), .workers = workers_, .socket = links_.socket()});
    announce(answerer.core().bound());
    serve(in, answerer);
    notices(&in.say).tell(answerer.core());
    return ending_.close(in, answerer.core(), links_);
  }

 private:
  void serve(session& in, raw_replier& answerer) {
    std::stop_source enough;
    const std::stop_callback signalled(in.interrupts.token(), [&] { enough.request_stop(); });
    std::atomic<std::uint64_t> handled{0};
    const auto served = answerer.serve(
        [&](message request) {
          if (++handled >= count_) enough.request_stop();
          return answer(std::move(request), answerer.core().options().max_message);
        },
        enough.get_token());
    if (!served && served.code() != errc::cancelled)
      throw leave(exit_status(served.code()), links_.where() + ": " + served.error().message());
  }

  [[nodiscard]] result<message> answer(message request, std::size_t most) const {
    if (echo_) return request;
    if (reply_) return message(std::string_view(*reply_));
    std::string input;
    for (const frame& f : request) input += f.text();
    const auto ran = run_shell(command_, input, "", capture::output_and_errors, most + 1);  // one too many is seen
    if (ran.status == 0) return message(std::string_view(ran.output));
    const std::string fallback = "the command ended with status " + std::to_string(ran.status);
    return failure(errc::remote,
                   ran.errors.empty() ? fallback : ran.errors.substr(0, ran.errors.find_last_not_of('\n') + 1));
  }

  links links_;
  ending ending_;
  bool echo_ = false;
  std::optional<std::string> reply_;
  std::string command_;
  std::uint64_t count_ = UINT64_MAX;
  int workers_ = 1;
};

}  // namespace

std::unique_ptr<verb> make_rep() { return std::make_unique<rep>(); }

}  // namespace wye::cli
