// surveyor and respondent: one question, the answers of all who are there. NNG only (SP protocol SURVEY v0);
// ZeroMQ throws error{not_supported}.
#pragma once

#include <vector>

#include <wye/pattern.hpp>
#include <wye/typed.hpp>

namespace wye {

/// Asks all connected respondents.
template <class Question = message, class Answer = message>
class surveyor : public pattern {
 public:
  surveyor(context& ctx, const pattern_options& options) : pattern(ctx, role::surveyor, options) {}

  /// Starts a survey, which ends the one before: answers to that are counted as late_reply.
  result<void> ask(const Question& question) {
    return detail::send_body<Question>(core_, question, deadline::never(), {});
  }
  /// The next answer to the latest survey. Errors: timeout, cancelled, wrong_state (nothing was asked), malformed.
  result<Answer> recv(deadline until, std::stop_token stop = {}) {
    return detail::recv_body<Answer>(core_, until, std::move(stop));
  }
  /// Asks, and collects answers for `time`, or until there are `enough`.
  result<std::vector<Answer>> survey(const Question& question, deadline time, std::size_t enough = SIZE_MAX) {
    if (auto asked = ask(question); !asked) return asked.error();
    std::vector<Answer> answers;
    while (answers.size() < enough) {
      auto answer = recv(time);
      if (answer) answers.push_back(std::move(*answer));
      else if (answer.code() == errc::timeout) break;
      else if (answer.code() != errc::malformed) return answer.error();
    }
    return answers;
  }
};

/// Answers surveys.
template <class Question = message, class Answer = message>
class respondent : public pattern {
 public:
  respondent(context& ctx, const pattern_options& options) : pattern(ctx, role::respondent, options) {}

  /// The next question; answer it before taking another. Errors: timeout, cancelled, malformed (counted), closed.
  result<Question> recv(deadline until = deadline::never(), std::stop_token stop = {}) {
    auto got = core_.recv(until, std::move(stop));
    if (!got) return got.error();
    from_ = got->pop_front();
    asked_ = true;
    auto question = codec<Question>::read(std::move(*got));
    if (!question) core_.count_drop(drop_reason::malformed);
    return question;
  }
  /// Answers the latest question. errc::wrong_state if there is none; no_peer if the surveyor has gone.
  result<void> answer(const Answer& answer) {
    if (!std::exchange(asked_, false)) return failure(errc::wrong_state, "there is no question to answer");
    message m(std::move(from_));
    codec<Answer>::append(answer, m);
    return core_.send(m);
  }

 private:
  frame from_;
  bool asked_ = false;
};

}  // namespace wye
