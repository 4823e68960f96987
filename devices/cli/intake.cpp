#include "intake.hpp"

#include "leave.hpp"
#include "shell.hpp"

namespace wye::cli {
namespace {

constexpr std::uint64_t most_counted = 1'000'000;

}  // namespace

void intake::options(CLI::App& to) {
  links_.options(to, "Give up when no message comes for so long (exit status 75); default: wait for ever");
  to.add_option("--count", count_, "End after so many messages")->type_name("N");
  print_.options(to);
  to.add_option("--exec", command_, "Run `sh -c CMD` for each message, the body on its stdin, instead of printing")
      ->type_name("CMD");
  to.add_flag("--progress", progress_, "Show count and rate on a terminal");
  ending_.options(to);
}

int intake::run(session& in, socket& from, const splitter& split) {
  const feed straight{
      from, [&from](message& m) { return from.try_recv(m); },
      [&from](message& m, deadline until, const std::stop_token& stop) { return from.recv(m, until, stop); }};
  return run(in, straight, split);
}

int intake::run(session& in, const feed& from, const splitter& split) {
  if (ending_.as_json()) print_.set(format::json);
  announce(from.link.bound());
  const int status = receive_all(in, from, split);
  ending_.print(from.link.ledger());
  if (failed_ == 0) return status;
  in.say.error(std::to_string(failed_) + " of " + std::to_string(received_) + " commands failed: " + command_);
  return 1;
}

int intake::receive_all(session& in, const feed& from, const splitter& split) {
  const auto stop = in.interrupts.token();
  notices tell(&in.say);
  progress shown(progress_, count_.value_or(0));
  message m;
  while (!complete() && receive(from, tell, m, stop)) {
    take(m, split);
    if (failed_ > 0 && from.stop_at_failure) return EX_OK;
    if (!command_.empty()) from.done();
    shown.count();
  }
  if (stop.stop_requested()) drain(from, split);
  show(from);
  if (!complete()) return count_ ? EX_TEMPFAIL : EX_OK;
  warn_of_left_behind(in, from.link);
  return EX_OK;
}

void intake::show(const feed& from) {
  print_.flush();
  from.done();
}

// False when stopped. What was printed so far is seen before the waiting starts.
bool intake::receive(const feed& from, notices& tell, message& m, const std::stop_token& stop) {
  if (stop.stop_requested()) return false;
  if (from.try_next(m) == errc::ok) return true;
  show(from);
  const auto got =
      attentively(from.link, tell, links_.patience(), [&](deadline until) { return from.next(m, until, stop); });
  if (got) return true;
  if (got.code() == errc::cancelled) return false;
  if (got.code() != errc::timeout) throw leave(exit_status(got.code()), links_.where() + ": " + got.error().message());
  const errc cause = tell.cause(errc::timeout);
  throw leave(cause == errc::wrong_peer ? exit_status(cause) : EX_TEMPFAIL,
              links_.where() + ": no message for " + links_.timeout_text() + tell.trouble() + "; " +
                  std::to_string(received_) + (count_ ? " of " + std::to_string(*count_) : "") +
                  " came; start a sender, or raise --timeout");
}

// What had arrived when the signal came.
void intake::drain(const feed& from, const splitter& split) {
  const deadline limit(std::chrono::seconds(1));  // a fast sender could keep it going for ever
  message m;
  while (!complete() && !limit.passed() && from.try_next(m) == errc::ok) take(m, split);
}

void intake::take(message& m, const splitter& split) {
  ++received_;
  const auto cut = split(m);
  const std::string text = cut ? std::string(cut->value.text()) : std::string();
  const label beside{cut ? cut->name : "", text};
  const label* shown = cut ? &beside : nullptr;
  if (command_.empty()) print_.print(shown, m);
  else execute(shown, m);
}

void intake::execute(const label* beside, const message& body) {
  std::string input;
  write(input, format::raw, nullptr, body);
  const std::string variable = beside != nullptr ? "WYE_TOPIC=" + std::string(beside->value) : "";
  if (run_shell(command_, input, variable, capture::nothing, 0).status != 0) ++failed_;
}

void intake::warn_of_left_behind(session& in, socket& from) const {
  if (from.as() != role::pull) return;  // a subscriber leaves the stream as it pleases
  std::uint64_t left = 0;
  message m;
  while (left < most_counted && from.try_recv(m) == errc::ok) ++left;
  if (left > 0)
    in.say.warning(
        links_.where() + ": " + std::to_string(left) + (left == most_counted ? " or more" : "") +
        " messages beyond --count had arrived here already and are lost; a smaller --receive-queue takes fewer");
}

}  // namespace wye::cli
