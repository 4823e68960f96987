// marry: sockets that see each other, without sleeping.
#pragma once

#include <utility>

#include "support/transport.hpp"

namespace wye::test {

/// Waits until each of the sockets has a peer, a publisher also a subscription. A bound ZeroMQ socket takes its part in
/// that only while it is used, so all of them are looked at in turn.
template <class... Sockets>
void marry(Sockets&... sockets) {
  const auto ready = [](socket& s) {
    (void)s.wait(events::readable, deadline::now());
    constexpr auto a_look = std::chrono::milliseconds(5);
    return s.wait_for_peers(1, a_look).has_value() &&
           (s.as() != role::publisher || s.wait_for_subscriptions(1, {}, a_look).has_value());
  };
  const deadline until(patience);
  while (!(int{ready(sockets)} & ...)) REQUIRE_FALSE(until.passed());
}

/// Two sockets of the transport under test that see each other: the first bound, the second connected.
struct couple {
  explicit couple(role bound, role connected, const socket_options& options = {})
      : couple(bound, connected, options, options) {}
  couple(role bound, role connected, const socket_options& first_options, const socket_options& second_options)
      : first(ctx, bound, first_options), second(ctx, connected, second_options) {
    if (connected == role::subscriber) second.subscribe({}).value();
    if (bound == role::subscriber) first.subscribe({}).value();
    first.bind(any_endpoint());
    second.connect(at());
    marry(first, second);
  }
  /// Where the first one is bound.
  [[nodiscard]] std::string at() const { return first.bound().front().str(); }

  context ctx;
  socket first;
  socket second;
};

/// The next message, or a failed test.
inline message take(socket& from) {
  auto got = from.recv(patience);
  REQUIRE_MESSAGE(got.has_value(), got.error().message());
  return std::move(*got);
}

/// Sends, or fails the test.
inline void give(socket& to, message m) {
  const auto sent = to.send(std::move(m), patience);
  REQUIRE_MESSAGE(sent.has_value(), sent.error().message());
}

/// The same for text.
inline void say(socket& to, std::string_view text) { give(to, message(text)); }

/// Sends until nothing has gone for so long that even on a busy machine everything up to the receiver must be full.
inline void fill(socket& to, std::string_view body) {
  constexpr auto long_enough = std::chrono::milliseconds(500);
  while (to.send(as_bytes(body), long_enough)) {
  }
}

/// The next event of that kind, skipping others, or a failed test.
inline socket_event next(socket& of, socket_event::kind what) {
  const deadline until(patience);
  for (;;) {
    auto event = of.next_event(until);
    REQUIRE_MESSAGE(event.has_value(), "no such event: " << event.error().message());
    if (event->what == what) return std::move(*event);
  }
}

/// Calls `act` and gives the code of what it throws; ok if it does not. `said` gets the sentence.
template <class Act>
errc code_of(Act act, std::string* said = nullptr) {
  try {
    act();
    return errc::ok;
  } catch (const error& why) {
    if (said != nullptr) *said = why.what();
    return why.which();
  }
}

inline bool mentions(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

}  // namespace wye::test

namespace doctest {
template <>
struct StringMaker<wye::errc> {
  static String convert(wye::errc code) { return std::string(wye::name_of(code)).c_str(); }
};
}  // namespace doctest
