// wye surveyor: one question, the answers of all who are there.
#include <wye/survey.hpp>

#include "ending.hpp"
#include "leave.hpp"
#include "notices.hpp"
#include "printer.hpp"
#include "source.hpp"

namespace wye::cli {
namespace {

class surveyor_verb final : public verb {
 public:
  [[nodiscard]] description about() const override {
    return {
        .name = "surveyor",
        .group = "Patterns",
        .summary = "ask all respondents, and print their answers (NNG, shm)",
        .usage = "--bind URL… | --connect URL… [BODY…]",
        .text =
            "Asks all respondents with each BODY, or without any with each line of stdin, and prints the answers that "
            "come\n"
            "within --timeout, at most --count. NNG and shm:// only. Exit status 75 if a question has no answer at "
            "all.",
        .examples =
            "  wye surveyor --bind nng+tcp://*:5595 --wait-peers 3 'who is there?'\n"
            "  wye surveyor --connect nng+tcp://localhost:5595 --wait-peers 1 --timeout 200ms --count 1 load"};
  }

  void options(CLI::App& to) override {
    links_.options(to, "How long to wait for answers to one question; default 1s");
    to.add_option("--wait-peers", wait_peers_, "Before the first question wait for so many respondents")
        ->type_name("N");
    to.add_option("--count", enough_, "Answers to wait for; default: all that come in time")->type_name("N");
    print_.options(to);
    ending_.options(to);
  }

  int run(session& in) override {
    surveyor<> asker(in.ctx, links_.pattern());
    announce(asker.bound());
    if (ending_.as_json()) print_.set(format::json);
    notices tell(&in.say);
    const auto ready = attentively(asker.core(), tell, deadline::never(), [&](deadline until) {
      return asker.wait_for_peers(wait_peers_, until, in.interrupts.token());
    });
    if (!ready) throw leave(exit_status(ready.code()), links_.where() + ": " + ready.error().message());
    const auto questions = make_source(in, {}, asker.core().options().max_message);
    bool all_answered = true;
    std::string_view question;
    while (questions->next(question)) all_answered = ask(asker, question) && all_answered;
    ending_.print(asker.ledger());
    return all_answered ? EX_OK : EX_TEMPFAIL;
  }

 private:
  bool ask(surveyor<>& asker, std::string_view question) {
    const auto time = links_.has_timeout() ? links_.patience() : deadline(std::chrono::seconds(1));
    const auto answers = asker.survey(message(question), time, enough_);
    if (!answers) throw leave(exit_status(answers.code()), links_.where() + ": " + answers.error().message());
    for (const auto& answer : *answers) print_.print(nullptr, answer);
    print_.flush();
    return !answers->empty();
  }

  links links_;
  printer print_;
  ending ending_;
  std::size_t wait_peers_ = 0;
  std::size_t enough_ = SIZE_MAX;
};

}  // namespace

std::unique_ptr<verb> make_surveyor() { return std::make_unique<surveyor_verb>(); }

}  // namespace wye::cli
