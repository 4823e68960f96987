#include "queue_outlet.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "logs/binding.hpp"
#include "watch_list.hpp"

namespace wye::devices {
namespace {

// What is not confirmed is put again by whoever comes after, so nothing need linger. There is always room for what a
// binding may have under way: a put never waits.
producer_options options_for(const binding_settings& to, std::size_t max_message) {
  producer_options o{.connect = to.to, .queue = to.queue, .make = false};
  o.window = logs::binding::most_waiting;
  o.window_bytes = SIZE_MAX;
  o.socket.max_message = max_message;
  o.socket.linger = std::chrono::milliseconds(0);
  return o;
}

}  // namespace

queue_outlet::queue_outlet(context& ctx, const binding_settings& to, std::size_t max_message)
    : to_(ctx, [&] {
        producer_options o = options_for(to, max_message);
        o.on_outcome = [this](const put_outcome& done) { outcomes_.push_back(done.receipt); };
        return o;
      }()) {}

result<void> queue_outlet::put(message body, const message_properties& properties) {
  const auto taken = to_.send(std::move(body), properties, deadline::now());
  return taken ? result<void>() : result<void>(taken.error());
}

void queue_outlet::take(std::vector<result<put_receipt>>& outcomes) {
  (void)to_.poll();
  std::ranges::move(outcomes_, std::back_inserter(outcomes));
  outcomes_.clear();
}

std::string queue_outlet::trouble() {
  const auto flushed = to_.flush(deadline::now());
  return flushed ? std::string() : flushed.error().message();
}

void queue_outlet::watch(watch_list& list) { list.add(*to_.core().raw(), events::readable); }

}  // namespace wye::devices
