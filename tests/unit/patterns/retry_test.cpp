#include "patterns/src/retry.hpp"

#include <doctest/doctest.h>

namespace wye::detail {

using namespace std::chrono_literals;
using verdict = retry_plan::verdict;

namespace {

const time_point start{1000s};

constexpr retry_policy three{.attempts = 3, .attempt_timeout = 100ms, .backoff = 40ms, .max_backoff = 60ms};

// What is due, if it is exactly one step.
std::optional<verdict> only(retry_plan& plan, time_point now) {
  const auto steps = plan.due(now);
  REQUIRE(steps.size() <= 1);
  return steps.empty() ? std::nullopt : std::optional(steps.front().what);
}

}  // namespace

TEST_CASE("a new request is to be sent at once, and until it was sent") {
  retry_plan plan(three, 1);
  plan.start(7, start, start + 1s);
  CHECK(plan.next() <= start);
  CHECK(only(plan, start) == verdict::send);
  CHECK(only(plan, start + 1ms) == verdict::send);
  plan.sent(7, start + 1ms);
  CHECK(only(plan, start + 2ms) == std::nullopt);
}

TEST_CASE("after the attempt's time and a pause it is sent again, and counted as a retry") {
  retry_plan plan(three, 1);
  plan.start(7, start, start + 10s);
  plan.sent(7, start);
  CHECK(plan.next() == start + 100ms);
  CHECK(only(plan, start + 99ms) == std::nullopt);
  CHECK(only(plan, start + 100ms) == std::nullopt);  // the pause begins
  const auto again = plan.next();
  CHECK(again >= start + 120ms);  // jitter in the upper half of 40 ms
  CHECK(again <= start + 140ms);
  CHECK(only(plan, again) == verdict::send);
  CHECK(plan.retries() == 0);
  plan.sent(7, again);
  CHECK(plan.retries() == 1);
}

TEST_CASE("the pauses double up to their bound") {
  retry_plan plan({.attempts = 5, .attempt_timeout = 1ms, .backoff = 40ms, .max_backoff = 60ms}, 1);
  plan.start(7, start, deadline::never());
  auto now = start;
  for (int attempt = 1; attempt < 5; ++attempt) {
    REQUIRE(only(plan, now) == verdict::send);
    plan.sent(7, now);
    now += 1ms;
    REQUIRE(only(plan, now) == std::nullopt);
    const auto pause = plan.next() - now;
    CHECK(pause >= (attempt == 1 ? 20ms : 30ms));
    CHECK(pause <= (attempt == 1 ? 40ms : 60ms));
    now = plan.next();
  }
}

TEST_CASE("after the last attempt it is given up as timed out, once") {
  retry_plan plan({.attempts = 1, .attempt_timeout = 100ms}, 1);
  plan.start(7, start, start + 10s);
  plan.sent(7, start);
  CHECK(only(plan, start + 100ms) == verdict::timed_out);
  CHECK(plan.in_flight() == 0);
  CHECK(plan.due(start + 20s).empty());
}

TEST_CASE("the deadline ends it: as unreachable if it was never sent, else as timed out") {
  retry_plan plan(three, 1);
  plan.start(1, start, start + 50ms);
  plan.start(2, start, start + 50ms);
  plan.sent(2, start);
  CHECK(plan.next() <= start + 50ms);
  const auto steps = plan.due(start + 50ms);
  REQUIRE(steps.size() == 2);
  for (const auto& s : steps) CHECK(s.what == (s.which == 1 ? verdict::unreachable : verdict::timed_out));
}

TEST_CASE("without a time for attempts, the time left is shared among them") {
  retry_plan plan({.attempts = 4, .attempt_timeout = 0ms, .backoff = 0ms}, 1);
  plan.start(7, start, start + 400ms);
  plan.sent(7, start);
  CHECK(plan.next() == start + 100ms);
}

TEST_CASE("without a deadline and a time for attempts, one attempt waits for ever") {
  retry_plan plan({.attempts = 3, .attempt_timeout = 0ms}, 1);
  plan.start(7, start, deadline::never());
  plan.sent(7, start);
  CHECK(plan.next() == time_point::max());
  CHECK(plan.due(start + std::chrono::hours(10'000)).empty());
}

TEST_CASE("an answered request is forgotten; an unknown one was never in flight") {
  retry_plan plan(three, 1);
  plan.start(7, start, start + 1s);
  plan.sent(7, start);
  CHECK(plan.finish(7));
  CHECK_FALSE(plan.finish(7));
  CHECK_FALSE(plan.contains(7));
  CHECK(plan.next() == time_point::max());
  CHECK(plan.due(start + 10s).empty());
  plan.sent(7, start);  // too late: nothing happens
  CHECK(plan.in_flight() == 0);
}

}  // namespace wye::detail
