#include "handler_pool.hpp"

namespace wye::detail {

result<message> run_handler(const raw_replier::handler& handle, message body) {
  try {
    return handle(std::move(body));
  } catch (const std::exception& thrown) {
    return failure(errc::remote, thrown.what());
  } catch (...) {
    return failure(errc::remote, "the handler failed");
  }
}

handler_pool::handler_pool(int threads, raw_replier::handler handle, std::function<void()> done)
    : handle_(std::move(handle)), done_(std::move(done)) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

handler_pool::~handler_pool() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  more_.notify_all();
}

void handler_pool::submit(raw_replier::request job) {
  ++outstanding_;
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  more_.notify_one();
}

std::vector<handler_pool::answered> handler_pool::take_finished() {
  std::vector<answered> out;
  {
    const std::lock_guard lock(mutex_);
    out.swap(finished_);
  }
  outstanding_ -= out.size();
  return out;
}

void handler_pool::work() {
  for (;;) {
    std::unique_lock lock(mutex_);
    more_.wait(lock, [this] { return over_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    raw_replier::request job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    auto answer = run_handler(handle_, std::move(job.body));
    lock.lock();
    finished_.push_back({std::move(job), std::move(answer)});
    lock.unlock();
    done_();
  }
}

}  // namespace wye::detail
