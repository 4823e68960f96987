#include "bridging.hpp"

namespace wye::devices {

request_bridging::request_bridging(context& ctx, const bridge_options& o)
    : mechanism(ctx, o.common),
      one_answer_each_(o.pattern == bridge_pattern::reqrep),
      max_hops_(o.common.frontend_socket.max_hops),
      in_(open_front(ctx, o.common, role::router), o.common.frontend_socket.send_queue, backward()),
      out_(open_back(ctx, o.common, role::dealer), o.max_envelopes) {}

std::size_t request_bridging::move(std::size_t burst, bool taking) {
  const std::size_t there =
      forward().move(in_, out_, burst, taking, [this](const message& m) { return fault_of(m, max_hops_); });
  const std::size_t back = backward().move(out_, in_, burst, true, [this](message& m) {
    return out_.restore(m) ? std::nullopt : std::optional(drop_reason::late_reply);
  });
  return there + back;
}

void request_bridging::watch(watch_list& list, bool taking) {
  const bool full = forward().holding();
  list.add(out_.sockets(), full ? events::both : events::readable);
  if (taking && !full) list.add(in_.sockets(), events::readable);
}

std::optional<duration> request_bridging::silence() const {
  if (one_answer_each_) return std::nullopt;
  return std::chrono::milliseconds(100);
}

std::uint64_t request_bridging::unanswered() const {
  const auto there = forward().statistics(), back = backward().statistics();
  const auto answers = back.passed + back.dropped_total();
  return there.passed > answers ? there.passed - answers : 0;
}

bool request_bridging::settled() const {
  return mechanism::settled() && in_.waiting() == 0 && (!one_answer_each_ || unanswered() == 0);
}

void request_bridging::abandon() {
  mechanism::abandon();
  in_.abandon();
}

void request_bridging::report_more(device_statistics& to) const {
  to.in_flight += in_.waiting();
  to.details["envelopes"] = out_.translated();
}

std::size_t pair_bridging::move(std::size_t burst, bool taking) {
  return forward().move_all(in_, out_, burst, taking) + backward().move_all(out_, in_, burst, taking);
}

void pair_bridging::watch(watch_list& list, bool taking) {
  auto interest = [&](const flow& from_here, const flow& to_here) {
    return (taking && !from_here.holding() ? events::readable : events::none) |
           (to_here.holding() ? events::writable : events::none);
  };
  list.add(in_, interest(forward(), backward()));
  list.add(out_, interest(backward(), forward()));
}

}  // namespace wye::devices
