// wye respondent: answers surveys.
#include <wye/survey.hpp>

#include "answers.hpp"
#include "ending.hpp"
#include "leave.hpp"
#include "notices.hpp"

namespace wye::cli {
namespace {

class respondent_verb final : public verb {
 public:
  [[nodiscard]] description about() const override {
    return {.name = "respondent",
            .group = "Patterns",
            .summary = "answer surveys (NNG, shm)",
            .usage = "--connect URL… | --bind URL… (--echo | --reply TEXT | --exec CMD)",
            .text =
                "Answers each question: with the question itself, with a text, or with what a command prints that gets "
                "the\n"
                "question on its stdin; a command that fails leaves it unanswered. NNG and shm:// only.",
            .examples =
                "  wye respondent --connect nng+tcp://localhost:5595 --reply here\n"
                "  wye respondent --connect nng+tcp://localhost:5595 --exec 'cat /proc/loadavg'"};
  }

  void options(CLI::App& to) override {
    links_.options(to, "");
    answers_.options(to);
    to.add_option("--count", count_, "End after so many questions")->type_name("N");
    ending_.options(to);
  }

  int run(session& in) override {
    answers_.check();
    respondent<> answerer(in.ctx, links_.pattern());
    announce(answerer.bound());
    notices tell(&in.say);
    for (std::uint64_t handled = 0; handled < count_; ++handled) {
      auto question = attentively(answerer.core(), tell, deadline::never(),
                                  [&](deadline until) { return answerer.recv(until, in.interrupts.token()); });
      if (!question) break;
      answer(in, answerer, std::move(*question));
    }
    return ending_.close(in, answerer.core(), links_);
  }

 private:
  void answer(session& in, respondent<>& answerer, message question) const {
    auto text = answers_.to(std::move(question), answerer.core().options().max_message);
    const auto sent = text ? answerer.answer(*text) : result<void>(text.error());
    if (!sent) in.say.warning(links_.where() + ": a question was not answered: " + sent.error().message());
  }

  links links_;
  answers answers_;
  ending ending_;
  std::uint64_t count_ = UINT64_MAX;
};

}  // namespace

std::unique_ptr<verb> make_respondent() { return std::make_unique<respondent_verb>(); }

}  // namespace wye::cli
