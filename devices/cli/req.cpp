// wye req: asks, and prints the answer.
#include <wye/reqrep.hpp>

#include "ending.hpp"
#include "leave.hpp"
#include "notices.hpp"
#include "printer.hpp"
#include "source.hpp"

namespace wye::cli {
namespace {

class req final : public verb {
 public:
  [[nodiscard]] description about() const override {
    return {.name = "req",
            .group = "Patterns",
            .summary = "ask a replier, and print its answer",
            .usage = "--connect URL… | --bind URL… [BODY…]",
            .text =
                "Asks with each BODY, or without any with each line of stdin, one after the other, and prints the "
                "answers.\n"
                "--timeout is for one request with all its attempts: it is sent again --retries times within it. Exit\n"
                "status: 75 no answer in time, 69 nobody could be reached, 1 the answer is an error (its text is on\n"
                "stderr).",
            .examples =
                "  wye req --connect tcp://localhost:5560 'what time is it?'\n"
                "  wye req --connect tcp://a:5560 tcp://b:5560 --timeout 1s --retries 3 ping\n"
                "  printf 'one\\ntwo\\n' | wye req --connect nng+tcp://localhost:5560 --format quoted"};
  }

  void options(CLI::App& to) override {
    links_.options(to, "How long one request may take, all attempts together; default 5s");
    links_.sender_options(to);
    to.add_option("--retries", retries_, "Send a request again so many times; default 3")->check(CLI::Range(0, 999));
    to.add_option("--count", count_, "Ask with the BODY arguments so many times; {{count}} in them is the number")
        ->type_name("N");
    print_.options(to);
    ending_.options(to);
  }

  int run(session& in) override {
    raw_requester asker(in.ctx, {.bind = links_.bind(),
                                 .connect = links_.connect(),
                                 .retry = {.attempts = retries_ + 1},
                                 .socket = links_.socket()});
    announce(asker.core().bound());
    if (ending_.as_json()) print_.set(format::json);
    notices tell(nullptr);  // what happened matters only if no answer comes
    const auto questions = make_source(in, count_, asker.core().options().max_message);
    std::string_view question;
    while (questions->next(question)) ask(in, asker, tell, question);
    ending_.print(asker.core().ledger());
    return EX_OK;
  }

 private:
  void ask(session& in, raw_requester& asker, notices& tell, std::string_view question) {
    const auto patience = links_.has_timeout() ? links_.patience() : deadline(std::chrono::seconds(5));
    const auto answer = asker.call(message(question), patience, in.interrupts.token());
    tell.tell(asker.core());
    if (!answer) no_answer(tell, answer.error());
    print_.print(nullptr, *answer);
    print_.flush();
  }

  [[noreturn]] void no_answer(const notices& tell, const failure& why) const {
    if (why.code() == errc::remote) throw leave(exit_status(why.code()), "the answer is an error: " + why.message());
    const errc cause =
        why.code() == errc::no_peer && tell.cause(errc::ok) == errc::wrong_peer ? errc::wrong_peer : why.code();
    throw leave(exit_status(cause),
                links_.where() + ": " + why.message() + tell.trouble() + "; start a replier there, or raise --timeout");
  }

  links links_;
  printer print_;
  ending ending_;
  int retries_ = 3;
  std::optional<std::uint64_t> count_;
};

}  // namespace

std::unique_ptr<verb> make_req() { return std::make_unique<req>(); }

}  // namespace wye::cli
