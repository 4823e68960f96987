#include "ending.hpp"

#include <unistd.h>

#include <functional>
#include <optional>
#include <stop_token>

#include "json.hpp"
#include "leave.hpp"

namespace wye::cli {
namespace {

// Whoever answers has done so when the answer has left: what an asker does with it, or that it has gone, is its affair.
bool answers(const socket& s) { return s.as() == role::router; }

// What nobody wanted is not lost.
std::uint64_t lost_of(const socket& s, const ledger& counts) {
  return answers(s) ? counts[drop_reason::linger_expired] : counts.dropped_total() - counts[drop_reason::not_wanted];
}

// While the last messages leave, the next signal ends the process: the first one, or the second if the first began
// this.
class interruption {
 public:
  interruption(session& in, const socket& through) : in_(in) {
    const auto end = [&in, &through] {
      in.say.error("interrupted before everything was delivered: " + through.ledger().str());
      ::_exit(EX_TEMPFAIL);
    };
    in.interrupts.on_second(end);
    if (const auto token = in.interrupts.token(); !token.stop_requested()) on_first_.emplace(token, end);
  }
  interruption(const interruption&) = delete;
  interruption& operator=(const interruption&) = delete;
  ~interruption() {
    in_.interrupts.on_second([] { ::_exit(EX_TEMPFAIL); });
  }

 private:
  session& in_;
  std::optional<std::stop_callback<std::function<void()>>> on_first_;
};

}  // namespace

void ending::options(CLI::App& to) {
  to.add_flag("--ledger", ledger_,
              "At the end print the counts of messages on stderr: sent, dropped and why, in flight");
  to.add_flag("--json", json_, "For machines: what --ledger prints, and what this verb prints, as JSON");
}

int ending::close(session& in, socket& through, const links& where) const {
  const interruption give_up(in, through);
  const std::uint64_t at_risk = through.ledger().at_risk;
  const auto closed = through.close(where.last_wait());
  const ledger counts = through.ledger();
  print(counts);
  if (at_risk > 0 && !answers(through))
    in.say.warning(where.where() + ": up to " + std::to_string(at_risk) +
                   " messages may have been lost with peers that went away");
  if (closed && lost_of(through, counts) == 0) return EX_OK;
  in.say.error(where.where() + ": not everything was delivered (" + counts.str() +
               "); look at the receivers, or raise --linger or --timeout");
  return EX_TEMPFAIL;
}

void ending::print(const ledger& counts) const {
  if (!ledger_) return;
  console::line(json_ ? text_of({{"ledger", json_of(counts)}}) : "ledger: " + counts.str());
}

}  // namespace wye::cli
