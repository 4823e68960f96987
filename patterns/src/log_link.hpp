// log_link: a client's connection to a forwarder with a log: what is to be said, what is heard, and when it begins
// anew.
#pragma once

#include <deque>
#include <functional>
#include <optional>

#include <wye/logs.hpp>

namespace wye::detail {

/// The headers of a message that was read.
std::map<std::string, std::string> headers_of(const log_protocol::item& i);

class log_link {
 public:
  /// Throws what wye::socket throws; bad_option without endpoints.
  log_link(context& ctx, const log_link_options& options);

  /// Says it, as soon as there is room. A copy shares the frames.
  void say(message m) { unsaid_.push_back(std::move(m)), flush(); }
  void say(const log_protocol::request& r) {
    message m;
    append(r, m);
    say(std::move(m));
  }
  /// Forgets what was not said yet.
  void hush() { unsaid_.clear(); }
  [[nodiscard]] std::size_t unsaid() const noexcept { return unsaid_.size(); }

  /// Calls `up` for each connection that was made, and `heard` for each message, until `done` holds. Errors: timeout,
  /// cancelled, closed.
  template <class Up, class Heard, class Done>
  result<void> run(Up&& up, Heard&& heard, Done&& done, deadline until, const std::stop_token& stop) {
    for (;;) {
      step(up, heard);
      if (done()) return {};
      if (until.passed()) return too_late();
      if (stop.stop_requested()) return errc::cancelled;
      auto ready = wait(until, stop);
      if (ready.code() == errc::cancelled || ready.code() == errc::closed) return ready;
    }
  }
  /// The same without waiting.
  template <class Up, class Heard>
  void step(Up&& up, Heard&& heard) {
    while (link_.raw()->next_event(event_))
      if (event_.what == socket_event::kind::peer_up) up();
    flush();
    for (std::size_t n = 0; n < at_once && link_.try_recv(said_) == errc::ok; ++n) heard(std::move(said_));
  }

  [[nodiscard]] socket& core() noexcept { return link_; }
  [[nodiscard]] const socket& core() const noexcept { return link_; }
  [[nodiscard]] failure too_late() const;
  [[nodiscard]] std::uint64_t next_id() noexcept { return ++last_id_; }

 private:
  static constexpr std::size_t at_once = 1000;
  void flush();
  result<void> wait(deadline until, const std::stop_token& stop);

  socket link_;
  std::string where_;
  std::deque<message> unsaid_;
  message said_;
  socket_event event_;
  std::uint64_t last_id_ = 0;
};

}  // namespace wye::detail
