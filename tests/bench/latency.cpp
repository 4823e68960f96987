// The open loop: a thread sends by the clock, whatever the answers do, and each answer is timed from when its question
// should have been sent. A closed loop would stop asking just while the other side is slow, and not see it.
#include <sys/prctl.h>

#include <thread>

#include "side.hpp"

namespace wye::bench {
namespace {

class schedule {
 public:
  explicit schedule(const job& j)
      : start_(clock::now() + std::chrono::milliseconds(20)),
        step_(std::chrono::duration_cast<clock::duration>(std::chrono::duration<double>(1 / j.rate))),
        count_(static_cast<std::uint64_t>(j.rate * j.seconds)) {}

  /// When message `n` is to be sent.
  [[nodiscard]] clock::time_point at(std::uint64_t n) const { return start_ + n * step_; }
  [[nodiscard]] std::uint64_t count() const { return count_; }

 private:
  clock::time_point start_;
  clock::duration step_;
  std::uint64_t count_;
};

// What was missed is sent at once, one after the other.
void ask(const job& j, const schedule& times, outlet& to) {
  prctl(PR_SET_TIMERSLACK, 1);
  source_buffer source(j);
  for (std::uint64_t n = 0; n < times.count(); ++n) {
    std::this_thread::sleep_until(times.at(n));
    to.send(source.stamp(n));
  }
  to.send(source.stamp(times.count(), times.count()));
}

// The first tenth is not counted: connections and caches begin.
outcome collect(const schedule& times, inlet& from) {
  outcome out;
  out.microseconds.reserve(times.count());
  head answer{};
  for (std::uint64_t n = 0; answer.total == 0; ++n) {
    from.recv([&](bytes body) { answer = head_of(body); });
    const auto now = clock::now();
    if (answer.serial != n) throw std::runtime_error("an answer is missing, or out of its turn");
    if (n < times.count() / 10 || answer.total != 0) continue;
    out.microseconds.push_back(std::chrono::duration<double, std::micro>(now - times.at(n)).count());
  }
  std::sort(out.microseconds.begin(), out.microseconds.end());
  out.messages = times.count();
  return out;
}

}  // namespace

outcome ask_on_time(side& s, const job& j, control& line) {
  const auto answers = s.open_inlet(j, "answers");
  line.say(answers->endpoint());
  const auto questions = s.open_outlet(j, line.hear());
  const schedule times(j);
  outcome out;
  {
    const std::jthread asking([&] { guarded([&] { ask(j, times, *questions); }); });
    out = collect(times, *answers);
  }
  line.part();
  return out;
}

void answer_on_time(side& s, const job& j, control& line) {
  const auto questions = s.open_inlet(j, "questions");
  const auto answers = s.open_outlet(j, line.hear());
  line.say(questions->endpoint());
  echo_all([&](auto look) {
    questions->recv([&](bytes body) {
      look(body);
      answers->send(body);
    });
  });
  line.part();
}

}  // namespace wye::bench
