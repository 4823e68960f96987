#include "reactor.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <future>
#include <string>

#include <wye/error.hpp>

namespace wye::shm {

reactor::reactor() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (!epoll_) throw error(errc::limit, "no file descriptor left for shared memory; raise `ulimit -n`");
  epoll_event e{};
  e.events = EPOLLIN;
  e.data.fd = wake_.fd();
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.fd(), &e);
  thread_ = std::thread([this] { run(); });
}

reactor::~reactor() {
  stopping_ = true;
  wake_.set();
  thread_.join();
}

void reactor::post(task what) {
  {
    const std::lock_guard lock(mutex_);
    posted_.push_back(std::move(what));
  }
  wake_.set();
}

void reactor::call(const task& what) {
  std::packaged_task<void()> once(what);
  auto done = once.get_future();
  post([&once] { once(); });
  done.get();
}

void reactor::watch(int fd, std::uint32_t interest, handler what) {
  epoll_event e{};
  e.events = interest;
  e.data.fd = fd;
  auto [at, added] = handlers_.insert_or_assign(fd, std::make_shared<handler>(std::move(what)));
  (void)at;
  ::epoll_ctl(epoll_.get(), added ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &e);
}

void reactor::forget(int fd) {
  if (handlers_.erase(fd) != 0) ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

reactor::timer reactor::after(duration wait, task what) {
  timers_.emplace(++last_timer_, std::pair(clock::now() + wait, std::move(what)));
  return last_timer_;
}

void reactor::do_posted() {
  std::vector<task> now;
  {
    const std::lock_guard lock(mutex_);
    now.swap(posted_);
  }
  for (const task& t : now) t();
}

void reactor::do_due() {
  const auto now = clock::now();
  for (auto at = timers_.begin(); at != timers_.end();) {
    if (at->second.first > now) {
      ++at;
      continue;
    }
    const task due = std::move(at->second.second);
    const timer which = at->first;
    timers_.erase(at);
    due();  // may add and cancel others
    at = timers_.upper_bound(which);
  }
}

int reactor::milliseconds_to_next() const {
  if (timers_.empty()) return -1;
  const auto next = std::min_element(timers_.begin(), timers_.end(),
                                     [](const auto& a, const auto& b) { return a.second.first < b.second.first; });
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(next->second.first - clock::now()).count();
  return static_cast<int>(std::clamp<decltype(left)>(left, 0, 1000));
}

void reactor::run() {
  constexpr int at_once = 64;
  epoll_event events[at_once];
  while (!stopping_) {
    const int ready = ::epoll_wait(epoll_.get(), events, at_once, milliseconds_to_next());
    for (int i = 0; i < ready; ++i) {
      const int fd = events[i].data.fd;
      if (fd == wake_.fd()) wake_.clear();
      else if (const auto at = handlers_.find(fd); at != handlers_.end()) {
        const auto kept = at->second;  // it may forget itself
        (*kept)(events[i].events);
      }
    }
    do_posted();
    do_due();
  }
  do_posted();
  handlers_.clear();
}

}  // namespace wye::shm
