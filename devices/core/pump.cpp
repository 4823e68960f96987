#include "pump.hpp"

#include "mechanism.hpp"

namespace wye::devices {
namespace {

// A socket may call itself writable and refuse all the same (one peer of many is full): then look again, but not at
// once.
constexpr auto stall = std::chrono::milliseconds(1);

}  // namespace

void pump::pause(bool on) noexcept {
  paused_.store(on);
  wake_.set();
}

void pump::end_by(deadline until) noexcept {
  const auto at = until.at().time_since_epoch().count();
  for (auto known = ends_at_.load(); at < known && !ends_at_.compare_exchange_weak(known, at);) {
  }
  ending_.store(true);
  wake_.set();
}

result<void> pump::run(mechanism& m, const std::stop_token& stop, duration drain_timeout) {
  if (started_.exchange(true)) return failure(errc::wrong_state, "a device runs once: make a new one");
  const std::stop_callback on_stop(stop, [&] { end_by(drain_timeout); });
  while (!ending_.load()) {
    const bool taking = !paused_.load();
    state_.store(taking ? device_state::running : device_state::paused, std::memory_order_relaxed);
    turn(m, taking);
  }
  drain(m);
  const bool clean = m.close(limit());
  state_.store(device_state::stopped, std::memory_order_relaxed);
  device_statistics end;
  m.report(end);
  const auto left = end.forward[drop_reason::stopped] + end.backward[drop_reason::stopped];
  if (clean && left == 0) return {};
  return failure(errc::timeout, "stopped before everything was handed on: " + std::to_string(left) +
                                    " messages in hand were dropped" +
                                    (clean ? "" : ", and sockets still had some queued"));
}

void pump::drain(mechanism& m) {
  state_.store(device_state::draining, std::memory_order_relaxed);
  last_moved_ = clock::now();
  while (!limit().passed() && !dry(m)) turn(m, m.silence().has_value());
  m.abandon();
}

bool pump::dry(const mechanism& m) const {
  if (!m.settled()) return false;
  const auto silence = m.silence();
  return !silence || (idle_turns_ > 0 && now_ - last_moved_ >= *silence);
}

void pump::turn(mechanism& m, bool taking) {
  now_ = clock::now();
  m.attend(now_);
  const std::size_t moved = m.move(burst_, taking);
  idle_turns_ = moved == 0 ? idle_turns_ + 1 : 0;
  if (moved > 0) last_moved_ = now_;
  if (moved < burst_) wait(m, taking);
}

void pump::wait(mechanism& m, bool taking) {
  list_.clear();
  list_.add(wake_.fd());
  m.watch(list_, taking);
  if ((list_.ready() && idle_turns_ < 2) || m.has_event()) return;
  deadline until = earlier(m.next_timer(), ending_.load() ? limit() : deadline::never());
  if (const auto silence = m.silence(); ending_.load() && silence) until = earlier(until, last_moved_ + *silence);
  if (list_.ready()) until = earlier(until, stall);
  if (!lookout_.comes_soon(list_.fds())) poll_until(list_.fds(), until);
  if (list_.fds().front().revents != 0) wake_.clear();
}

}  // namespace wye::devices
