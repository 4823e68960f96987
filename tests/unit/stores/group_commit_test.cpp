// One flush for all that waits: what may be confirmed, and when. The store is a stand-in whose syncs the test lets go.
#include <doctest/doctest.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>

#include <wye/error.hpp>
#include <wye/group_commit.hpp>

namespace wye::test {
namespace {

// Each sync waits until the test lets it go.
class gated_store final : public store {
 public:
  result<std::unique_ptr<log>> open(std::string_view) override { return errc::not_supported; }
  result<void> remove(std::string_view) override { return errc::not_supported; }
  [[nodiscard]] std::vector<std::string> names() const override { return {}; }
  [[nodiscard]] store_state state() const override { return store_state::writable; }
  [[nodiscard]] std::string reason() const override { return {}; }
  [[nodiscard]] const recovery_report& recovery() const override { return report_; }

  result<void> sync() override {
    std::unique_lock lock(mutex_);
    ++begun_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return allowed_ >= begun_; });
    return broken_ ? result<void>(failure(errc::io, "the disk is on fire")) : result<void>();
  }

  void let_go(int syncs) {
    const std::lock_guard lock(mutex_);
    allowed_ += syncs;
    changed_.notify_all();
  }
  void break_it() {
    const std::lock_guard lock(mutex_);
    broken_ = true;
  }
  void wait_begun(int syncs) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return begun_ >= syncs; });
  }
  int begun() {
    const std::lock_guard lock(mutex_);
    return begun_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int begun_ = 0, allowed_ = 0;
  bool broken_ = false;
  recovery_report report_;
};

// Counts wakes, and waits for them.
class bell {
 public:
  std::function<void()> ring() {
    return [this] { ++rung_, rung_.notify_all(); };
  }
  void wait_beyond(int before) const { rung_.wait(before); }
  [[nodiscard]] int rung() const { return rung_; }

 private:
  std::atomic<int> rung_ = 0;
};

TEST_CASE("Nothing is durable before its sync; what gathers meanwhile shares the next one") {
  gated_store s;
  bell b;
  group_commit commit(s, {}, b.ring());
  CHECK(commit.durable().value() == 0);
  CHECK(commit.appended() == 1);
  s.wait_begun(1);
  for (int i = 2; i <= 1000; ++i) commit.appended();
  CHECK(commit.durable().value() == 0);
  s.let_go(1);
  b.wait_beyond(0);
  CHECK(commit.durable().value() == 1);
  s.wait_begun(2);
  s.let_go(1);
  b.wait_beyond(1);
  CHECK(commit.durable().value() == 1000);
  CHECK(s.begun() == 2);
}

TEST_CASE("A failed sync is for good, and wakes") {
  gated_store s;
  bell b;
  group_commit commit(s, {}, b.ring());
  commit.appended();
  s.wait_begun(1);
  s.break_it();
  s.let_go(1);
  b.wait_beyond(0);
  CHECK(commit.durable().code() == errc::io);
  commit.appended();
  CHECK(commit.flush().error().message() == "the disk is on fire");
  CHECK(commit.durable().error().message() == "the disk is on fire");
  CHECK(s.begun() == 1);
}

TEST_CASE("Who has nothing else to do syncs itself, and needs no waking") {
  gated_store s;
  bell b;
  group_commit commit(s, {}, b.ring());
  s.let_go(1);
  CHECK(commit.appended_when_idle() == 1);
  CHECK(commit.durable().value() == 1);
  CHECK(s.begun() == 1);
  CHECK(b.rung() == 0);
}

TEST_CASE("Who has nothing else to do does not wait for a sync that runs already") {
  gated_store s;
  bell b;
  group_commit commit(s, {}, b.ring());
  commit.appended();
  s.wait_begun(1);
  CHECK(commit.appended_when_idle() == 2);
  CHECK(commit.durable().value() == 0);
  s.let_go(2);
  b.wait_beyond(0);
  CHECK(commit.flush());
  CHECK(commit.durable().value() == 2);
}

TEST_CASE("A sync of one's own that fails is for good, too") {
  gated_store s;
  group_commit commit(s, {});
  s.break_it();
  s.let_go(1);
  commit.appended_when_idle();
  CHECK(commit.durable().code() == errc::io);
  commit.appended_when_idle();
  CHECK(s.begun() == 1);
}

TEST_CASE("With an interval confirms do not wait, syncs follow, and a failure shows") {
  gated_store s;
  bell b;
  group_commit commit(s, {.mode = sync_mode::interval, .interval = std::chrono::milliseconds(1)}, b.ring());
  CHECK(commit.appended() == 1);
  CHECK(commit.durable().value() == 1);
  s.wait_begun(1);
  commit.appended();
  s.let_go(1);
  s.wait_begun(2);
  CHECK(b.rung() == 0);
  s.break_it();
  s.let_go(1);
  b.wait_beyond(0);
  CHECK(commit.durable().code() == errc::io);
}

TEST_CASE("Without syncs confirms do not wait, and flush still does") {
  gated_store s;
  {
    group_commit commit(s, {.mode = sync_mode::none});
    commit.appended();
    CHECK(commit.durable().value() == 1);
    CHECK(s.begun() == 0);
    s.let_go(1);
    CHECK(commit.flush());
    CHECK(s.begun() == 1);
    commit.appended();
  }
  CHECK(s.begun() == 1);
}

TEST_CASE("The end syncs what is left") {
  gated_store s;
  s.let_go(1000);
  {
    group_commit commit(s, {.mode = sync_mode::interval, .interval = std::chrono::hours(1)});
    commit.appended();
  }
  CHECK(s.begun() == 1);
}

TEST_CASE("A store fed from one thread and synced from another confirms in order to the end") {
  const auto s = make_memory_store();
  bell b;
  group_commit commit(*s, {}, b.ring());
  group_commit::ticket last = 0;
  for (int i = 0; i < 10'000; ++i) {
    const auto now = commit.durable().value();
    CHECK(now >= last);
    last = now;
    commit.appended();
  }
  CHECK(commit.flush());
  CHECK(commit.durable().value() == 10'000);
}

TEST_CASE("An interval out of its range is refused, and modes have names") {
  const auto s = make_memory_store();
  for (const auto bad : {std::chrono::milliseconds(0), std::chrono::milliseconds(std::chrono::hours(2))})
    CHECK_THROWS_AS(group_commit(*s, {.mode = sync_mode::interval, .interval = bad}), error);
  CHECK(name_of(sync_mode::always) == "always");
  CHECK(name_of(sync_mode::interval) == "interval");
  CHECK(name_of(sync_mode::none) == "none");
}

}  // namespace
}  // namespace wye::test
