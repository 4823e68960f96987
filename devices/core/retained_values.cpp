#include "retained_values.hpp"

namespace wye::devices {
namespace {

constexpr std::size_t max_replays = 1000;

}  // namespace

// NNG does not know who subscribes to what: there everybody who connects gets everything. So does everybody when events
// were lost.
void retained_values::note(std::size_t from, const socket_event& event) {
  using kind = socket_event::kind;
  if (event.what == kind::subscribed) start(from, event.topic);
  if (event.what == kind::events_lost || (event.what == kind::peer_up && to_.is_nng(from))) start(from, {});
}

// A walk that has still to begin serves everybody who asks for the same. Too many of them become one over everything.
void retained_values::start(std::size_t socket, std::string_view prefix) {
  if (values_.size() == 0) return;
  if (replays_.size() >= max_replays) prefix = {};
  const bool pending = std::ranges::any_of(
      replays_, [&](const replay& r) { return r.socket == socket && r.at.prefix == prefix && r.at.next == prefix; });
  if (!pending) replays_.push_back({socket, last_value::from(prefix)});
}

std::size_t retained_values::send_some(std::size_t most) {
  std::size_t sent = 0;
  while (sent < most && !replays_.empty()) {
    replay& r = replays_.front();
    const message* next = values_.step(r.at);
    if (next == nullptr) {
      replays_.pop_front();
      continue;
    }
    copy_ = *next;
    (void)to_[r.socket].try_send(copy_);
    ++sent;
  }
  return sent;
}

}  // namespace wye::devices
