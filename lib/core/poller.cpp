#include <wye/poller.hpp>

#include <algorithm>
#include <atomic>
#include <list>
#include <vector>

#include <wye/wake_event.hpp>

namespace wye {

struct poller::state {
  struct socket_entry {
    id which;
    wye::socket* s;
    events interest;
    std::function<void(events)> what;
  };
  struct fd_entry {
    id which;
    int fd;
    short interest;
    std::function<void(short)> what;
  };
  struct timer_entry {
    id which;
    time_point next;
    duration period;  // zero: once
    std::function<void()> what;
  };

  // Lists, because a callback may add and remove entries while we walk; a removed one is only marked until the walk
  // ends.
  std::list<socket_entry> sockets;
  std::list<fd_entry> fds;
  std::list<timer_entry> timers;
  id last = 0;
  std::atomic<bool> stopping{false};
  wake_event wake;
  std::vector<pollfd> polled;

  static constexpr id removed = 0;

  std::size_t run_ready_sockets();
  std::size_t run_due_timers();
  std::size_t run_ready_fds(const std::vector<pollfd>& results);
  [[nodiscard]] bool any_socket_ready();
  void gather();
  [[nodiscard]] deadline next_timer() const;
  void sweep();
};

std::size_t poller::state::run_ready_sockets() {
  std::size_t ran = 0;
  for (auto& e : sockets) {
    if (e.which == removed || e.s->raw() == nullptr || e.s->is_closed()) continue;
    const events now = e.s->raw()->ready(e.interest);
    if (!any(now)) continue;
    e.what(now);
    ++ran;
  }
  return ran;
}

std::size_t poller::state::run_due_timers() {
  std::size_t ran = 0;
  const auto now = clock::now();
  for (auto& e : timers) {
    if (e.which == removed || e.next > now) continue;
    if (e.period == duration::zero()) {
      const auto once = std::move(e.what);
      e.which = removed;
      once();
    } else {
      e.next += e.period * ((now - e.next) / e.period + 1);
      e.what();
    }
    ++ran;
  }
  return ran;
}

std::size_t poller::state::run_ready_fds(const std::vector<pollfd>& results) {
  std::size_t ran = 0, i = 1;
  for (auto& e : fds) {
    if (i >= results.size()) break;  // added by a callback of this round
    const pollfd& r = results[i++];
    if (e.which == removed || r.revents == 0) continue;
    e.what(r.revents);
    ++ran;
  }
  return ran;
}

bool poller::state::any_socket_ready() {
  return std::any_of(sockets.begin(), sockets.end(), [](const socket_entry& e) {
    return e.which != removed && e.s->raw() != nullptr && !e.s->is_closed() && any(e.s->raw()->ready(e.interest));
  });
}

// The wake-up first, then plain descriptors in the order of their list, then whatever the sockets want watched.
void poller::state::gather() {
  polled.assign(1, {wake.fd(), POLLIN, 0});
  for (const auto& e : fds) polled.push_back({e.fd, e.interest, 0});
  for (const auto& e : sockets)
    if (e.s->raw() != nullptr && !e.s->is_closed()) e.s->raw()->poll_fds(e.interest, polled);
}

deadline poller::state::next_timer() const {
  deadline next = deadline::never();
  for (const auto& e : timers)
    if (e.which != removed) next = earlier(next, e.next);
  return next;
}

void poller::state::sweep() {
  const auto gone = [](const auto& e) { return e.which == removed; };
  std::erase_if(sockets, gone);
  std::erase_if(fds, gone);
  std::erase_if(timers, gone);
}

poller::poller() : self_(std::make_unique<state>()) {}
poller::poller(poller&&) noexcept = default;
poller& poller::operator=(poller&&) noexcept = default;
poller::~poller() = default;

poller::id poller::add(socket& s, events interest, std::function<void(events)> what) {
  self_->sockets.push_back({++self_->last, &s, interest, std::move(what)});
  return self_->last;
}

poller::id poller::add(int fd, short interest, std::function<void(short)> what) {
  self_->fds.push_back({++self_->last, fd, interest, std::move(what)});
  return self_->last;
}

poller::id poller::add_timer(duration period, std::function<void()> what) {
  if (period <= duration::zero()) throw error(errc::bad_option, "a timer's period must be more than zero");
  self_->timers.push_back({++self_->last, clock::now() + period, period, std::move(what)});
  return self_->last;
}

poller::id poller::add_once(deadline at, std::function<void()> what) {
  self_->timers.push_back({++self_->last, at.at(), duration::zero(), std::move(what)});
  return self_->last;
}

bool poller::remove(id which) {
  const auto mark = [which](auto& list) {
    for (auto& e : list)
      if (e.which == which && which != state::removed) return e.which = state::removed, true;
    return false;
  };
  return mark(self_->sockets) || mark(self_->fds) || mark(self_->timers);
}

result<std::size_t> poller::poll(deadline until, std::stop_token stop) {
  state& self = *self_;
  const std::stop_callback on_stop(stop, [&self] { self.wake.set(); });
  for (;;) {
    self.sweep();
    if (stop.stop_requested()) return errc::cancelled;
    const bool ready = self.any_socket_ready();
    self.gather();
    poll_until(self.polled, ready ? deadline::now() : earlier(until, self.next_timer()));
    if (self.polled[0].revents != 0) self.wake.clear();
    const auto results = self.polled;
    std::size_t ran = self.run_ready_fds(results);
    ran += self.run_due_timers();
    ran += self.run_ready_sockets();
    if (ran > 0 || until.passed() || self.stopping.load()) return ran;
  }
}

void poller::run(std::stop_token stop) {
  self_->stopping = false;
  while (!self_->stopping.load() && poll(deadline::never(), stop)) {
  }
}

void poller::stop() noexcept {
  self_->stopping = true;
  self_->wake.set();
}

}  // namespace wye
