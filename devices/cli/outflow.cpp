#include "outflow.hpp"

#include "json.hpp"
#include "leave.hpp"
#include "output.hpp"
#include "pace.hpp"
#include "progress.hpp"
#include "quantities.hpp"

namespace wye::cli {

void outflow::options(CLI::App& to) {
  links_.options(to, "Give up when a message finds no taker for so long; default: wait for ever");
  links_.sender_options(to);
  to.add_option("--wait-peers", wait_peers_, "Before the first message wait for so many receivers")->type_name("N");
  to.add_option("--rate", rate_, "Messages in a second, such as 100 or 10k; default: as fast as can be")
      ->type_name("R");
  to.add_option("--count", count_, "Send the BODY arguments so many times; {{count}} in them is the message's number")
      ->type_name("N");
  to.add_flag("--progress", progress_, "Show count and rate on a terminal");
  ending_.options(to);
}

int outflow::run(session& in, socket& through, const filler& fill) {
  announce(through.bound());
  notices tell(&in.say);
  const auto from = make_source(in, count_, through.options().max_message);
  int status = EX_OK;
  try {
    wait_for_peers(through, tell, in.interrupts.token());
    send_all(in, through, tell, *from, fill);
  } catch (const leave& early) {  // what was accepted before is delivered all the same
    in.say.error(early.what());
    status = early.status();
  }
  const int closed = ending_.close(in, through, links_);
  if (ending_.as_json()) {
    output out;
    out.text() = text_of(json_of(through.ledger())) + "\n";
    out.flush();
  }
  return status != EX_OK ? status : closed;
}

std::unique_ptr<source> outflow::given(const session& in, std::size_t longest) const {
  return in.bodies.empty() && !count_ ? nullptr : make_source(in, count_, longest);
}

double outflow::rate() const { return rate_.empty() ? 0 : parse_rate(rate_, "--rate"); }

void outflow::wait_for_peers(socket& through, notices& tell, const std::stop_token& stop) const {
  if (wait_peers_ == 0) return;
  const auto done = attentively(through, tell, links_.patience(), [&](deadline until) {
    return through.as() == role::publisher ? through.wait_for_subscriptions(wait_peers_, {}, until, stop)
                                           : through.wait_for_peers(wait_peers_, until, stop);
  });
  if (done) return;
  throw leave(exit_status(tell.cause(done.code())), links_.where() + ": " + done.error().message() + tell.trouble() +
                                                        "; nothing was sent; start the receivers, or raise --timeout");
}

void outflow::send_all(session& in, socket& through, notices& tell, source& from, const filler& fill) {
  const auto stop = in.interrupts.token();
  pacer pace(rate());
  progress shown(progress_, from.left());
  message m;
  std::string_view body;
  while (from.next(body)) {
    pace.wait(in.interrupts.stop_fd());
    m.clear();
    fill(m, body, from);
    hand_over(through, tell, m, from, stop);
    ++sent_;
    shown.count();
  }
  if (from.left() > 0)
    throw leave(EX_TEMPFAIL, "stopped: " + std::to_string(sent_) + " messages were sent, " +
                                 std::to_string(from.left()) + " more were at hand and were not");
}

void outflow::hand_over(socket& through, notices& tell, message& m, const source& from, const std::stop_token& stop) {
  errc done = through.try_send(m);
  if (done == errc::would_block)
    done = attentively(through, tell, links_.patience(), [&](deadline until) {
             return through.send(m, until, stop);
           }).code();
  if (done != errc::ok) not_sent(tell, done, from);
}

void outflow::not_sent(const notices& tell, errc why, const source& from) const {
  const std::string rest =
      std::to_string(sent_) + " messages were sent, at least " + std::to_string(from.left() + 1) + " were not";
  if (why == errc::cancelled) throw leave(EX_TEMPFAIL, "stopped: " + rest);
  if (why == errc::too_large)
    throw leave(exit_status(why), from.place() + ": larger than --max-message; raise it on both sides; " + rest);
  if (why != errc::timeout) throw leave(exit_status(why), links_.where() + ": " + failure(why).message() + "; " + rest);
  const errc cause = tell.cause(why);
  throw leave(cause == errc::wrong_peer ? exit_status(cause) : EX_TEMPFAIL,
              links_.where() + ": nobody took a message for " + links_.timeout_text() + tell.trouble() + "; " + rest +
                  "; start a receiver there, or raise --timeout");
}

}  // namespace wye::cli
