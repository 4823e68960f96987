// notices: what happens to a socket's connections, told to people while they wait.
#pragma once

#include <set>
#include <string>

#include <wye/socket.hpp>

#include "console.hpp"

namespace wye::cli {

/// Warns of peers turned away and connections that fail, each cause once.
class notices {
 public:
  /// Without a console it only remembers.
  explicit notices(const console* say) : say_(say) {}

  /// Takes the events that are waiting, and tells what matters.
  void tell(socket& of);

  /// Why nothing came of it so far: wrong_peer if somebody was turned away and nobody ever accepted, no_peer if
  /// nobody was reached, else `otherwise`.
  [[nodiscard]] errc cause(errc otherwise) const noexcept;
  /// The last trouble as a clause in brackets, such as " (tcp://h:1: nobody listens there)"; empty without any.
  [[nodiscard]] std::string trouble() const;

 private:
  void note(const socket_event& event);
  const console* say_;
  std::set<std::string> told_;
  std::string last_;  // trouble
  bool reached_ = false;
  bool rejected_ = false;
  bool failed_ = false;
};

/// Repeats a blocking call in short turns, and tells between them what happened to the connections. `call` takes a
/// deadline and returns a result; errc::timeout makes it be called again until `until`.
template <class Call>
auto attentively(socket& s, notices& tell, deadline until, Call call) {
  constexpr auto turn = std::chrono::milliseconds(100);
  for (;;) {
    auto done = call(earlier(until, turn));
    if (done.code() != errc::timeout) return done;
    tell.tell(s);
    if (until.passed()) return done;
  }
}

}  // namespace wye::cli
