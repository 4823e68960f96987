#include "conversation.hpp"

#include <unistd.h>

#include "leave.hpp"
#include "lines.hpp"

namespace wye::cli {
namespace {

constexpr int turn = 64;  // messages one way before the other way gets its turn
constexpr auto look_again = std::chrono::milliseconds(100);

// "identity<TAB>body" for a router, else the body alone.
message message_of(role as, std::string_view line, const std::string& place) {
  if (as != role::router) return message(line);
  const auto tab = line.find('\t');
  if (tab == std::string_view::npos) throw leave(EX_DATAERR, place + ": no tab in it; each must be identity<TAB>body");
  message m(frame::copy_of(identity_of(line.substr(0, tab))));
  m.push_back(line.substr(tab + 1));
  return m;
}

}  // namespace

// One run: what is under way in both directions.
class conversation::talk {
 public:
  talk(conversation& options, session& in, socket& through)
      : o_(options),
        in_(in),
        socket_(through),
        tell_(&in.say),
        lines_(STDIN_FILENO, in.interrupts.stop_fd(), through.options().max_message),
        reading_(in.bodies.empty() && !options.echo_),
        quiet_until_(options.links_.patience()) {}

  int run() {
    while (!over()) {
      const bool sent = send_some(), received = receive_some();
      if (received) quiet_until_ = o_.links_.patience();
      if (!sent && !received) wait();
    }
    o_.print_.flush();
    return failed_ == 0 && !interrupted() && !waiting_ ? EX_OK : EX_TEMPFAIL;
  }

 private:
  [[nodiscard]] bool interrupted() const {
    return in_.interrupts.token().stop_requested() && o_.count_ && received_ < *o_.count_;
  }
  [[nodiscard]] bool sent_all() const { return !reading_ && !waiting_ && next_body_ >= in_.bodies.size(); }

  [[nodiscard]] bool over() const {
    if (in_.interrupts.token().stop_requested()) return true;
    return sent_all() && (o_.count_ ? received_ >= *o_.count_ : !o_.echo_);
  }

  // The next message to send, in waiting_.
  bool take() {
    std::string_view line;
    if (waiting_) return true;
    if (next_body_ < in_.bodies.size()) {
      line = in_.bodies[next_body_++];
      waiting_ = message_of(socket_.as(), line, "argument " + std::to_string(next_body_));
    } else if (lines_.take(line) || (!reading_ && lines_.take_rest(line))) {
      waiting_ = message_of(socket_.as(), line, "line " + std::to_string(lines_.number()));
    }
    return waiting_.has_value();
  }

  bool send_some() {
    int moved = 0;
    for (; moved < turn && take(); ++moved) {
      const errc done = socket_.try_send(*waiting_);
      if (done == errc::would_block) return moved > 0;
      if (done != errc::ok) refused(done);
      waiting_.reset();
    }
    return moved > 0;
  }

  void refused(errc why) {
    ++failed_;
    const std::string to = socket_.as() == role::router ? " to " + shown_identity(waiting_->front().text()) : "";
    in_.say.warning(o_.links_.where() + ": a message" + to + " was not sent: " + failure(why).message());
  }

  bool receive_some() {
    int moved = 0;
    for (; moved < turn && !waiting_echo() && socket_.try_recv(received_message_) == errc::ok; ++moved) {
      ++received_;
      print();
      if (o_.echo_) waiting_ = std::move(received_message_);
      if (o_.count_ && received_ >= *o_.count_) return true;
    }
    return moved > 0;
  }
  [[nodiscard]] bool waiting_echo() const { return o_.echo_ && waiting_; }

  void print() {
    if (socket_.as() != role::router) return o_.print_.print(nullptr, received_message_);
    message body = received_message_;
    const std::string identity = shown_identity(body.pop_front().text());
    const label beside{"identity", identity};
    o_.print_.print(&beside, body);
  }

  void wait() {
    o_.print_.flush();
    tell_.tell(socket_);
    if (quiet_until_.passed()) timed_out();
    const events interest = waiting_ ? (waiting_echo() ? events::writable : events::both) : events::readable;
    if (any(socket_.raw()->ready(interest))) return;
    std::vector<pollfd> fds{{in_.interrupts.stop_fd(), POLLIN, 0},
                            {reading_ && !waiting_ ? STDIN_FILENO : -1, POLLIN, 0}};
    socket_.raw()->poll_fds(interest, fds);
    poll_until(fds, earlier(quiet_until_, look_again));
    if (fds[1].revents != 0) reading_ = lines_.fill();
  }

  [[noreturn]] void timed_out() const {
    const errc cause = tell_.cause(errc::timeout);
    throw leave(cause == errc::wrong_peer ? exit_status(cause) : EX_TEMPFAIL,
                o_.links_.where() + ": nothing came for " + o_.links_.timeout_text() + tell_.trouble() + "; " +
                    std::to_string(received_) + " messages came" + (waiting_ ? ", one or more could not be sent" : "") +
                    "; look at the other side, or raise --timeout");
  }

  conversation& o_;
  session& in_;
  socket& socket_;
  notices tell_;
  line_reader lines_;
  bool reading_;
  deadline quiet_until_;
  std::size_t next_body_ = 0;
  std::optional<message> waiting_;
  message received_message_;
  std::uint64_t received_ = 0;
  std::uint64_t failed_ = 0;
};

void conversation::options(CLI::App& to, bool echo) {
  links_.options(to, "Give up when nothing comes for so long (exit status 75); default: wait for ever");
  to.add_option("--count", count_, "After the input's end go on until so many messages came")->type_name("N");
  if (echo) to.add_flag("--echo", echo_, "Send back what comes instead of reading stdin, until a signal or --count");
  print_.options(to);
  ending_.options(to);
}

int conversation::run(session& in, socket& through) {
  if (ending_.as_json()) print_.set(format::json);
  announce(through.bound());
  int status = EX_OK;
  try {
    status = talk(*this, in, through).run();
  } catch (const leave& early) {  // what was accepted before is delivered all the same
    if (early.status() == EX_OK) throw;
    in.say.error(early.what());
    status = early.status();
  }
  const int closed = ending_.close(in, through, links_);
  return status != EX_OK ? status : closed;
}

}  // namespace wye::cli
