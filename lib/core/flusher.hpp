// flusher: the thread that sends what waits in batches whose senders have gone on to other things.
#pragma once

#include <condition_variable>
#include <functional>
#include <list>
#include <mutex>
#include <thread>

#include <wye/clock.hpp>

#include "batch_sender.hpp"

namespace wye::detail {

/// One per context; the thread starts with the first socket that gathers, and sleeps while none has anything waiting.
/// Any thread, except that a socket's add and remove come one after the other.
class flusher {
 public:
  flusher() = default;
  flusher(const flusher&) = delete;
  flusher& operator=(const flusher&) = delete;
  ~flusher();

  /// `flush` is called when `what` was the same for `delay` to twice `delay`; it says whether nothing is left.
  /// Throws std::system_error if there can be no thread.
  void add(waiting_batch& what, duration delay, std::function<bool()> flush);
  /// `flush` is not called any more afterwards.
  void remove(waiting_batch& what) noexcept;
  /// The owner of `what`, when something begins to wait and `watched` is false.
  void call(waiting_batch& what) noexcept;

 private:
  struct entry {
    waiting_batch* what;
    duration delay;
    std::function<bool()> flush;
    std::uint64_t seen = 0;
    unsigned quiet = 0;    // looks in a row that found nothing waiting
    unsigned futile = 0;   // flushes in a row that found no room
    time_point next = {};  // not before
  };
  void run();
  /// The time until the next look; zero: nothing to look at.
  duration look();
  void look_at(entry& e, time_point now);

  std::mutex mutex_;
  std::condition_variable called_;
  std::list<entry> entries_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace wye::detail
