// handler_pool: threads that run a replier's handler.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include <wye/reqrep.hpp>

namespace wye::detail {

/// Jobs in, answers out, in whatever order they finish. submit, take_finished and drain from one thread.
class handler_pool {
 public:
  struct answered {
    raw_replier::request request;
    result<message> answer;
  };
  /// `done` is called in a worker's thread after each job.
  handler_pool(int threads, raw_replier::handler handle, std::function<void()> done);
  handler_pool(const handler_pool&) = delete;
  handler_pool& operator=(const handler_pool&) = delete;
  /// Waits for running jobs.
  ~handler_pool();

  void submit(raw_replier::request job);
  std::vector<answered> take_finished();
  [[nodiscard]] std::size_t outstanding() const noexcept { return outstanding_; }

 private:
  void work();

  const raw_replier::handler handle_;
  const std::function<void()> done_;
  std::mutex mutex_;
  std::condition_variable more_;
  std::deque<raw_replier::request> jobs_;
  std::vector<answered> finished_;
  std::size_t outstanding_ = 0;  // the submitting thread's
  bool over_ = false;
  std::vector<std::jthread> threads_;
};

/// Runs the handler; what it throws becomes the failure.
result<message> run_handler(const raw_replier::handler& handle, message body);

}  // namespace wye::detail
