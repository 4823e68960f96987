#include "forwarding.hpp"

#include <algorithm>

#include "pauses.hpp"

namespace wye::devices {
namespace {

constexpr std::size_t replays_at_once = 256;

bool names_nng(const endpoints& list) {
  return std::ranges::any_of(list, [](const auto& text) { return endpoint::parse(text).engine == "nng"; });
}

bool wants_all(const forwarder_options& o) {
  return o.last_value || names_nng(o.common.backend) || names_nng(o.common.backend_connect);
}

device_options roomy(device_options o, const forwarder_options& all) {
  if (all.last_value) o.backend_socket = retained_values::roomy(o.backend_socket, all.max_values);
  return o;
}

}  // namespace

forwarding::forwarding(context& ctx, const forwarder_options& o)
    : mechanism(ctx, o.common),
      interest_(o.max_topics, o.max_topic_bytes),
      wants_all_(wants_all(o)),
      remembers_(o.last_value),
      in_(open_front(ctx, o.common, role::subscriber,
                     wants_all_ ? std::vector<std::string>{""} : std::vector<std::string>{})),
      out_(open_back(ctx, roomy(o.common, o), role::publisher)),
      values_(out_, o.max_values, o.max_value_bytes) {}

void forwarding::attend(time_point) {
  out_.take_events([this](std::size_t from, const socket_event& event) { note(from, event); });
  topics_.set(interest_.topics());
}

time_point forwarding::next_timer() const {
  if (values_.pending()) return time_point::min();
  return forward().holding() ? clock::now() + full_pause : time_point::max();
}

void forwarding::note(std::size_t from, const socket_event& event) {
  using kind = socket_event::kind;
  if (event.what == kind::subscribed) want(event.topic);
  if (event.what == kind::unsubscribed) unwant(event.topic);
  if (event.what == kind::events_lost) want({});  // for ever: who wants what is not known any more
  if (remembers_) values_.note(from, event);
}

void forwarding::want(std::string_view prefix) {
  const auto added = interest_.add(prefix);
  if (!added || wants_all_) return;
  for (std::size_t i = 0; i < in_.size(); ++i) (void)in_[i].subscribe(as_bytes(*added));
}

void forwarding::unwant(std::string_view prefix) {
  const auto removed = interest_.remove(prefix);
  if (!removed || wants_all_) return;
  for (std::size_t i = 0; i < in_.size(); ++i) (void)in_[i].unsubscribe(as_bytes(*removed));
}

std::size_t forwarding::move(std::size_t burst, bool taking) {
  const std::size_t again = values_.send_some(replays_at_once);
  if (!remembers_) return again + forward().move_all(in_, out_, burst, taking);
  const std::size_t moved = forward().move(in_, out_, burst, taking, [this](const message& m) {
    values_.put(m);
    return std::optional<drop_reason>();
  });
  cached_.set(values_.size());
  return again + moved;
}

void forwarding::watch(watch_list& list, bool taking) {
  list.add(out_, forward().holding() ? events::writable : events::none);
  if (taking && !forward().holding()) list.add(in_, events::readable);
}

void forwarding::report_more(device_statistics& to) const {
  to.details["topics"] = topics_.value();
  to.details["cached"] = cached_.value();
}

}  // namespace wye::devices
