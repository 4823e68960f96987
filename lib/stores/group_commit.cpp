#include <wye/group_commit.hpp>

#include <wye/error.hpp>

namespace wye {
namespace {

// A sync that the appending thread may wait for itself: about what the hand-overs to another thread and back cost, and
// little beside the time that a client's answer takes.
constexpr std::chrono::milliseconds quick{1};

}  // namespace

std::string_view name_of(sync_mode mode) noexcept {
  switch (mode) {
    case sync_mode::always: return "always";
    case sync_mode::interval: return "interval";
    case sync_mode::none: return "none";
  }
  return "unknown";
}

group_commit::group_commit(store& of, const sync_options& options, std::function<void()> wake)
    : store_(of), options_(options), wake_(std::move(wake)) {
  using namespace std::chrono_literals;
  if (options.mode == sync_mode::interval && (options.interval < 1ms || options.interval > 1h))
    throw error(errc::bad_option,
                "the sync interval is 1 ms to 1 h, not " + std::to_string(options.interval.count()) + " ms");
  if (options.mode != sync_mode::none) thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

group_commit::~group_commit() = default;  // thread_ stops and joins

group_commit::ticket group_commit::appended() {
  const std::lock_guard lock(mutex_);
  const bool idle = synced_ == appended_;
  ++appended_;
  if (idle) changed_.notify_all();
  return appended_;
}

group_commit::ticket group_commit::appended_when_idle() {
  const std::unique_lock free(syncing_, std::try_to_lock);
  if (options_.mode != sync_mode::always || !free || took_ > quick) return appended();
  ticket last = 0;
  {
    const std::lock_guard lock(mutex_);
    last = ++appended_;
    if (failed_) return last;
  }
  settle(last, timed_sync());
  return last;
}

result<group_commit::ticket> group_commit::durable() const {
  const std::lock_guard lock(mutex_);
  if (failed_) return *failed_;
  return options_.mode == sync_mode::always ? synced_ : appended_;
}

result<void> group_commit::flush() {
  ticket last = 0;
  {
    const std::lock_guard lock(mutex_);
    last = appended_;
  }
  sync(last);
  const std::lock_guard lock(mutex_);
  return failed_ ? result<void>(*failed_) : result<void>();
}

void group_commit::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, stop, [this] { return behind(); })) {
    if (options_.mode == sync_mode::interval) changed_.wait_for(lock, stop, options_.interval, [] { return false; });
    const ticket last = appended_;
    lock.unlock();
    sync(last);
    lock.lock();
  }
}

void group_commit::sync(ticket up_to) {
  const std::lock_guard one_at_a_time(syncing_);
  if (durable_or_failed(up_to)) return;
  const auto done = timed_sync();
  settle(up_to, done);
  if (wake_ && (!done || options_.mode == sync_mode::always)) wake_();
}

result<void> group_commit::timed_sync() {
  const auto start = std::chrono::steady_clock::now();
  auto done = store_.sync();
  took_ = std::chrono::steady_clock::now() - start;
  return done;
}

bool group_commit::durable_or_failed(ticket up_to) const {
  const std::lock_guard lock(mutex_);
  return failed_ || synced_ >= up_to;
}

void group_commit::settle(ticket up_to, const result<void>& done) {
  const std::lock_guard lock(mutex_);
  if (done) synced_ = up_to;
  else failed_ = done.error();
}

}  // namespace wye
