#include <wye/links/signal.hpp>

#include <wye/error.hpp>

namespace wye::links {

void signal::rouse() noexcept {
  { const std::lock_guard guard(mutex_); }  // the waiter is either before its look or asleep
  changed_.notify_one();
}

void signal::wake() noexcept {
  {
    const std::lock_guard guard(mutex_);
    woken_ = true;
  }
  changed_.notify_one();
  set_fd();
}

void signal::sleep_on_fd() {
  if (fd() < 0) throw error(errc::limit, "no file descriptor left for a wake-up event; raise `ulimit -n`");
  on_fd_ = true;
}

// False when it is over. A doze is longer than the system's tick, which costs less than an alarm of our own.
bool signal::sleep(std::unique_lock<std::mutex>& lock, time_point until, bool& surely) {
  if (!on_fd_) return sleep_on_condition(lock, until);
  lock.unlock();
  constexpr auto doze = std::chrono::milliseconds(10);
  const time_point alarm = surely || until == time_point::min() ? until : std::min(until, clock::now() + doze);
  std::vector<pollfd> fds{{event_->fd(), POLLIN, 0}};
  const bool woken = poll_until(fds, alarm == time_point::max() ? deadline::never() : deadline(alarm)) > 0;
  clear_fd();
  lock.lock();
  surely = !woken;
  return woken || alarm != until;
}

bool signal::sleep_on_condition(std::unique_lock<std::mutex>& lock, time_point until) {
  if (until == time_point::max()) {
    changed_.wait(lock);
    return true;
  }
  return clock::now() < until && changed_.wait_until(lock, until) == std::cv_status::no_timeout;
}

int signal::fd() noexcept {
  try {
    if (!event_) event_ = std::make_unique<wake_event>();
  } catch (const std::exception&) {
    return -1;
  }
  if (!armed_.exchange(true, std::memory_order_acq_rel)) {
    detail::turn_keeper::order_all_threads();
    set_fd();  // something may have happened before
  }
  return event_->fd();
}

void signal::clear_fd() noexcept {
  if (!armed_.load(std::memory_order_acquire)) return;
  event_->clear();
  set_.store(false, std::memory_order_seq_cst);
}

void signal::set_fd() noexcept {
  if (armed_.load(std::memory_order_acquire) && !set_.exchange(true, std::memory_order_seq_cst)) event_->set();
}

}  // namespace wye::links
