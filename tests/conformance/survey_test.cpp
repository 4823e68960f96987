// Patterns that one engine lacks: there, the refusal is what is tested.
#include <thread>

#include <wye/bus.hpp>
#include <wye/survey.hpp>

#include "support/marry.hpp"

namespace wye::test {

using namespace std::chrono_literals;

TEST_CASE("a survey collects the answers of all respondents") {
  context ctx;
  if (!can(ctx, role::surveyor) || !can(ctx, role::respondent)) return;
  surveyor<std::string, std::string> s(ctx, {.bind = any_endpoint()});
  std::vector<std::jthread> respondents;
  for (int i = 0; i < 3; ++i)
    respondents.emplace_back([&ctx, i, at = s.bound().front().str()](const std::stop_token& stop) {
      respondent<std::string, std::string> r(ctx, {.connect = at});
      while (auto question = r.recv(deadline::never(), stop)) (void)r.answer(*question + std::to_string(i));
    });
  REQUIRE(s.wait_for_peers(3, patience).has_value());
  for (const char* question : {"who? ", "and now? "}) {
    auto answers = s.survey(question, patience, 3);
    REQUIRE(answers.has_value());
    std::sort(answers->begin(), answers->end());
    const std::string q(question);
    CHECK(*answers == std::vector<std::string>{q + "0", q + "1", q + "2"});
  }
}

TEST_CASE("answers to an earlier survey are discarded and counted") {
  context ctx;
  if (!can(ctx, role::surveyor)) return;
  surveyor<std::string, std::string> s(ctx, {.bind = any_endpoint()});
  respondent<std::string, std::string> r(ctx, {.connect = s.bound().front()});
  CHECK(r.answer("to what?").code() == errc::wrong_state);
  marry(s.core(), r.core());
  REQUIRE(s.ask("first").has_value());
  REQUIRE(r.recv(patience).value() == "first");
  REQUIRE(s.ask("second").has_value());
  REQUIRE(r.answer("to the first").has_value());
  REQUIRE(r.recv(patience).value() == "second");
  REQUIRE(r.answer("to the second").has_value());
  CHECK(s.recv(patience).value() == "to the second");
  CHECK(s.ledger()[drop_reason::late_reply] == 1);
}

TEST_CASE("a survey that nobody answers ends at its deadline") {
  context ctx;
  if (!can(ctx, role::surveyor)) return;
  surveyor<std::string, std::string> s(ctx, {.bind = any_endpoint()});
  const auto answers = s.survey("anybody?", 20ms);
  REQUIRE(answers.has_value());
  CHECK(answers->empty());
}

TEST_CASE("a bus carries each message to all direct peers, and not back") {
  context ctx;
  if (!can(ctx, role::bus)) return;
  bus<std::string> a(ctx, {.bind = any_endpoint()});
  bus<std::string> b(ctx, {.connect = a.bound().front()}), c(ctx, {.connect = a.bound().front()});
  REQUIRE(a.wait_for_peers(2, patience).has_value());
  marry(b.core(), c.core());
  REQUIRE(a.send("from a").has_value());
  CHECK(b.recv(patience).value() == "from a");
  CHECK(c.recv(patience).value() == "from a");
  REQUIRE(b.send("from b").has_value());
  CHECK(a.recv(patience).value() == "from b");
  CHECK(a.recv(deadline::now()).code() == errc::timeout);
  REQUIRE(a.send("once more").has_value());
  CHECK(c.recv(patience).value() == "once more");  // c never saw "from b": one hop only
}

}  // namespace wye::test
