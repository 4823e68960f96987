// service: the log as its clients see it: takes requests, answers, delivers.
#pragma once

#include <cstdint>
#include <string>

#include <wye/group_commit.hpp>
#include <wye/log_protocol.hpp>
#include <wye/message.hpp>

#include "bindings.hpp"
#include "last_messages.hpp"
#include "outside.hpp"
#include "publishing.hpp"
#include "streams.hpp"
#include "subscriptions.hpp"

namespace wye::devices::logs {

/// Pure but for the store: no socket, no thread, no clock (times are microseconds since 1970, and points of wye::clock
/// for the bindings).
class service {
 public:
  /// Publications with more than `max_body` bytes are refused. Throws wye::error: what the store says; malformed, if it
  /// holds something else; and what opening an outlet throws.
  service(store& in, outside& to, std::size_t max_body = SIZE_MAX)
      : outside_(to),
        streams_(in),
        subscriptions_(in, streams_, to),
        bindings_(in, streams_, to),
        publishing_(streams_, to, max_body) {}

  /// A client's message: its frames from `at` on.
  void take(const std::string& session, const message& m, std::size_t at, std::int64_t now);
  /// The client's connection is gone.
  void end(const std::string& session) { subscriptions_.end(session); }
  /// See for_each_last.
  result<void> each_last(std::size_t most, const std::function<void(const message&)>& give) const {
    return for_each_last(streams_, most, give);
  }
  /// Retention by age. Call it now and then.
  void tidy(std::int64_t now);
  /// Lets the bindings work, and keeps how far they have come. Returns how much they did; zero: nothing can be done
  /// before something happens.
  std::size_t carry(time_point now);
  /// Says something to everybody who has a subscription, to learn who is gone.
  void beat();

  [[nodiscard]] publishing& published() noexcept { return publishing_; }
  [[nodiscard]] const publishing& published() const noexcept { return publishing_; }
  [[nodiscard]] subscriptions& readers() noexcept { return subscriptions_; }
  [[nodiscard]] const subscriptions& readers() const noexcept { return subscriptions_; }
  [[nodiscard]] bindings& bound() noexcept { return bindings_; }
  [[nodiscard]] const bindings& bound() const noexcept { return bindings_; }
  [[nodiscard]] std::uint64_t malformed() const noexcept { return malformed_; }
  /// Requests that were understood, and answered with an error.
  [[nodiscard]] std::uint64_t rejected() const noexcept { return rejected_; }

 private:
  using request = log_protocol::request;
  using answer = log_protocol::answer;
  void act(const std::string& session, const request& r, const message& m, std::size_t at, std::int64_t now);
  result<void> change(const std::string& session, const request& r, answer& a);
  result<void> look(const request& r, answer& a);
  void read(const std::string& session, const request& r);
  result<void> open(const std::string& session, const request& r, answer& a);
  result<void> bind(const request& r, answer& a);
  result<void> trim(const request& r, answer& a);
  result<void> remove(const request& r);
  [[nodiscard]] stream_info info_of(const stream& s) const;

  outside& outside_;
  streams streams_;
  subscriptions subscriptions_;
  bindings bindings_;
  publishing publishing_;
  time_point next_keep_{};
  std::uint64_t malformed_ = 0, rejected_ = 0;
};

}  // namespace wye::devices::logs
