// wye rep: answers requests.
#include <wye/reqrep.hpp>

#include <atomic>

#include "answers.hpp"
#include "ending.hpp"
#include "leave.hpp"
#include "notices.hpp"

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
    links_.sender_options(to);
    answers_.options(to);
    to.add_option("--count", count_, "End after so many requests")->type_name("N");
    to.add_option("--workers", workers_, "Handle so many requests at the same time; default 1")
        ->check(CLI::Range(1, 255));
    ending_.options(to);
  }

  int run(session& in) override {
    answers_.check();
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
          return answers_.to(std::move(request), answerer.core().options().max_message);
        },
        enough.get_token());
    if (!served && served.code() != errc::cancelled)
      throw leave(exit_status(served.code()), links_.where() + ": " + served.error().message());
  }

  links links_;
  ending ending_;
  answers answers_;
  std::uint64_t count_ = UINT64_MAX;
  int workers_ = 1;
};

}  // namespace

std::unique_ptr<verb> make_rep() { return std::make_unique<rep>(); }

}  // namespace wye::cli
